/** Launch templates and their versions. */
import type {
  CreateLaunchTemplateRequest,
  CreateLaunchTemplateVersionRequest,
  DescribeLaunchTemplatesRequest,
  DescribeLaunchTemplateVersionsRequest,
  LaunchTemplateVersion,
  RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../service';
import type { PageRequest } from '../pages';
import { resourceId } from './ids';
import { type Ec2Model, type LaunchTemplate, tagList, tagsOf } from './model';
import { allowOnly, applyFilters, paginate } from './request';

/** What a launch honours, or may ignore without changing what it does. */
const DATA_MEMBERS = [
  'ImageId',
  'InstanceType',
  'UserData',
  'IamInstanceProfile',
  'MetadataOptions',
  'BlockDeviceMappings',
  'TagSpecifications',
  'InstanceInitiatedShutdownBehavior',
  'SecurityGroupIds',
  'NetworkInterfaces',
  'Monitoring',
  'EbsOptimized',
  'KeyName',
  'InstanceMarketOptions',
  'Placement',
  'CreditSpecification',
];

/** Names a template: by id or by name, and a version. */
export interface TemplateReference {
  LaunchTemplateId?: string | undefined;
  LaunchTemplateName?: string | undefined;
  Version?: string | undefined;
}

export function createLaunchTemplate(model: Ec2Model, input: CreateLaunchTemplateRequest, createdBy: string) {
  allowOnly(
    input,
    ['LaunchTemplateName', 'LaunchTemplateData', 'VersionDescription', 'TagSpecifications', 'ClientToken', 'DryRun'],
    'CreateLaunchTemplate',
  );
  const name = input.LaunchTemplateName ?? '';
  if ([...model.launchTemplates.values()].some((template) => template.launchTemplateName === name)) {
    throw new AwsError('InvalidLaunchTemplateName.AlreadyExistsException', 'Launch template name already in use.');
  }
  const template: LaunchTemplate = {
    launchTemplateId: resourceId('lt', model.newId),
    launchTemplateName: name,
    createdAtMs: model.clock.now(),
    createdBy,
    defaultVersion: 1,
    versions: [],
  };
  addVersion(model, template, { data: input.LaunchTemplateData, description: input.VersionDescription, createdBy });
  model.launchTemplates.set(template.launchTemplateId, template);
  const tags = tagsOf(model, template.launchTemplateId);
  for (const tag of input.TagSpecifications?.flatMap((given) => given.Tags ?? []) ?? []) {
    tags.set(tag.Key ?? '', tag.Value ?? '');
  }
  return { LaunchTemplate: describe(model, template) };
}

export function createLaunchTemplateVersion(
  model: Ec2Model,
  input: CreateLaunchTemplateVersionRequest,
  createdBy: string,
) {
  const members = [
    'LaunchTemplateId',
    'LaunchTemplateName',
    'LaunchTemplateData',
    'VersionDescription',
    'SourceVersion',
  ];
  allowOnly(input, [...members, 'ClientToken', 'DryRun'], 'CreateLaunchTemplateVersion');
  const template = findTemplate(model, input);
  const source = input.SourceVersion ? findVersion(template, input.SourceVersion).LaunchTemplateData : {};
  const data = { ...(source as RequestLaunchTemplateData), ...input.LaunchTemplateData };
  return {
    LaunchTemplateVersion: addVersion(model, template, { data, description: input.VersionDescription, createdBy }),
  };
}

interface NewVersion {
  data: RequestLaunchTemplateData | undefined;
  description: string | undefined;
  createdBy: string;
}

function addVersion(model: Ec2Model, template: LaunchTemplate, given: NewVersion): LaunchTemplateVersion {
  allowOnly(given.data, DATA_MEMBERS, 'LaunchTemplateData');
  const version = template.versions.length + 1;
  const made: LaunchTemplateVersion = {
    LaunchTemplateId: template.launchTemplateId,
    LaunchTemplateName: template.launchTemplateName,
    VersionNumber: version,
    VersionDescription: given.description,
    CreateTime: new Date(model.clock.now()),
    CreatedBy: given.createdBy,
    DefaultVersion: version === template.defaultVersion,
    LaunchTemplateData: given.data as LaunchTemplateVersion['LaunchTemplateData'],
  };
  template.versions.push(made);
  return made;
}

/** @throws AwsError InvalidLaunchTemplateId.NotFound, InvalidLaunchTemplateName.NotFoundException */
export function findTemplate(model: Ec2Model, reference: TemplateReference): LaunchTemplate {
  const { LaunchTemplateId: id, LaunchTemplateName: name } = reference;
  const found = id
    ? model.launchTemplates.get(id)
    : [...model.launchTemplates.values()].find((template) => template.launchTemplateName === name);
  if (found) return found;
  if (id) {
    throw new AwsError(
      'InvalidLaunchTemplateId.NotFound',
      `The specified launch template, with template ID ${id}, does not exist.`,
    );
  }
  throw new AwsError(
    'InvalidLaunchTemplateName.NotFoundException',
    `The specified launch template, with template name ${name}, does not exist.`,
  );
}

/** @throws AwsError InvalidLaunchTemplateId.VersionNotFound */
export function findVersion(template: LaunchTemplate, wanted = '$Default'): LaunchTemplateVersion {
  const number =
    wanted === '$Latest' ? template.versions.length : wanted === '$Default' ? template.defaultVersion : Number(wanted);
  const version = template.versions[number - 1];
  if (version) return version;
  throw new AwsError(
    'InvalidLaunchTemplateId.VersionNotFound',
    `Could not find the specified version ${wanted} for the launch template with ID ${template.launchTemplateId}.`,
  );
}

function describe(model: Ec2Model, template: LaunchTemplate) {
  return {
    LaunchTemplateId: template.launchTemplateId,
    LaunchTemplateName: template.launchTemplateName,
    CreateTime: new Date(template.createdAtMs),
    CreatedBy: template.createdBy,
    DefaultVersionNumber: template.defaultVersion,
    LatestVersionNumber: template.versions.length,
    Tags: tagList(tagsOf(model, template.launchTemplateId)),
  };
}

export function describeLaunchTemplates(model: Ec2Model, input: DescribeLaunchTemplatesRequest) {
  const members = ['LaunchTemplateIds', 'LaunchTemplateNames', 'Filters', 'MaxResults', 'NextToken', 'DryRun'];
  allowOnly(input, members, 'DescribeLaunchTemplates');
  const named = [
    ...(input.LaunchTemplateIds ?? []).map((LaunchTemplateId) => findTemplate(model, { LaunchTemplateId })),
    ...(input.LaunchTemplateNames ?? []).map((LaunchTemplateName) => findTemplate(model, { LaunchTemplateName })),
  ];
  const found = applyFilters(named.length > 0 ? named : [...model.launchTemplates.values()], input.Filters, {
    values: { 'launch-template-name': (template) => template.launchTemplateName },
    tags: (template) => tagsOf(model, template.launchTemplateId),
  });
  const { items, NextToken } = paginate(found, input as PageRequest);
  return { LaunchTemplates: items.map((template) => describe(model, template)), NextToken };
}

export function describeLaunchTemplateVersions(model: Ec2Model, input: DescribeLaunchTemplateVersionsRequest) {
  const members = ['LaunchTemplateId', 'LaunchTemplateName', 'Versions', 'MaxResults', 'NextToken', 'DryRun'];
  allowOnly(input, members, 'DescribeLaunchTemplateVersions');
  const template = findTemplate(model, input);
  const wanted = input.Versions?.length ? input.Versions : template.versions.map((made) => String(made.VersionNumber));
  const found = wanted.map((version) => ({
    ...findVersion(template, version),
    DefaultVersion: findVersion(template, version).VersionNumber === template.defaultVersion,
  }));
  const { items, NextToken } = paginate(found, input as PageRequest);
  return { LaunchTemplateVersions: items, NextToken };
}

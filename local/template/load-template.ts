/** Makes everything that a synthesized stack describes, as CloudFormation would, on the services of the local cloud. */
import { createHash } from 'node:crypto';
import type { CallContext } from '../service';
import type { Assembly } from './assembly';
import { TemplateAssets } from './assets';
import { creationOrder } from './creation-order';
import { evaluate, references, type Scope } from './intrinsics';
import { type Created, type ResourceContext, resourceName, type TemplateServices } from './resource-type';
import { RESOURCE_TYPES } from './resource-types';
import type { Template } from './template';
import { TemplateError } from './template-error';

export interface LoadOptions {
  services: TemplateServices;
  /** As who the resources are created. */
  call: CallContext;
  scratchDir: string;
  /** Values for the template's parameters, besides their defaults. */
  parameters?: Readonly<Record<string, string>>;
}

export interface LoadedStack {
  stackId: string;
  outputs: Readonly<Record<string, string>>;
  /** By logical id: what Ref gives. */
  resources: ReadonlyMap<string, Created & { type: string }>;
  /** Logical ids of resources that are accepted but have no effect here. */
  inert: readonly string[];
}

/** @throws TemplateError for a type, property, function or value that the local cloud does not support. */
export async function loadTemplate(assembly: Assembly, options: LoadOptions): Promise<LoadedStack> {
  const { template, stackName } = assembly;
  const { accountId, region } = options.call;
  const created = new Map<string, Created & { type: string }>();
  const inert: string[] = [];
  const parameters = await parameterValues(template, options);
  const pseudo = pseudoParameters(stackName, options.call);
  const scope = createScope({ template, created, options, values: { ...pseudo, ...parameters } });
  const assets = new TemplateAssets(assembly.assets, options.call);
  await assets.publish(template, options.services.s3);

  for (const logicalId of creationOrder(template.Resources)) {
    const resource = template.Resources[logicalId];
    if (!resource || (resource.Condition && !scope.condition(resource.Condition))) continue;
    const where = resourceName({ logicalId, type: resource.Type });
    const type = RESOURCE_TYPES[resource.Type];
    if (!type) throw new TemplateError(where, `the local cloud does not support the type ${resource.Type}`);
    const context: ResourceContext = {
      ...options.services,
      call: options.call,
      stackName,
      logicalId,
      type: resource.Type,
      accountId,
      region,
      assetPath: (bucket, key) => assets.path(bucket, key, where),
      scratchDir: options.scratchDir,
    };
    const properties = evaluate(resource.Properties, { ...scope, where });
    const result = await type.create(properties, context).catch((error: unknown) => {
      if (error instanceof TemplateError) throw error;
      throw new TemplateError(where, error instanceof Error ? `${error.name}: ${error.message}` : String(error), {
        cause: error,
      });
    });
    created.set(logicalId, { ...result, type: resource.Type });
    if (type.inert) inert.push(logicalId);
  }
  return { stackId: pseudo['AWS::StackId'], outputs: outputValues(template, scope), resources: created, inert };
}

function createScope(given: {
  template: Template;
  created: ReadonlyMap<string, Created & { type: string }>;
  options: LoadOptions;
  values: Readonly<Record<string, unknown>>;
}): Scope {
  const { template, created, options, values } = given;
  const find = (name: string, where: string): Created & { type: string } => {
    const resource = created.get(name);
    if (!resource) throw new TemplateError(where, `nothing is called ${name}`);
    return resource;
  };
  return {
    where: 'template',
    ref(name) {
      return Object.hasOwn(values, name) ? values[name] : find(name, this.where).ref;
    },
    getAtt(logicalId, attribute) {
      const { attributes = {}, type } = find(logicalId, this.where);
      if (Object.hasOwn(attributes, attribute)) return attributes[attribute];
      throw new TemplateError(
        this.where,
        `the local cloud does not support the attribute ${attribute} of ${logicalId} (${type})`,
      );
    },
    condition(name) {
      if (!Object.hasOwn(template.Conditions, name))
        throw new TemplateError(this.where, `no condition is called ${name}`);
      return evaluate(template.Conditions[name], { ...this, where: `condition ${name}` }) === true;
    },
    mapping(map, first, second) {
      const value = template.Mappings[map]?.[first]?.[second];
      if (value === undefined) throw new TemplateError(this.where, `the mapping ${map} has no ${first}.${second}`);
      return value;
    },
    availabilityZones: () => options.services.ec2.zones,
  };
}

function pseudoParameters(stackName: string, { accountId, region }: CallContext) {
  const digest = createHash('sha256').update(stackName).digest('hex');
  const uuid = [8, 4, 4, 4, 12].map((length, index) => digest.slice(index * 8, index * 8 + length)).join('-');
  return {
    'AWS::AccountId': accountId,
    'AWS::NoValue': undefined,
    'AWS::NotificationARNs': [],
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/${uuid}`,
    'AWS::StackName': stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
}

/** Parameters that nothing refers to (such as CDK's BootstrapVersion) need no value. */
async function parameterValues(template: Template, options: LoadOptions): Promise<Record<string, unknown>> {
  const used = references([template.Resources, template.Outputs, template.Conditions]);
  const values: Record<string, unknown> = {};
  for (const [name, { Type, Default }] of Object.entries(template.Parameters)) {
    if (!used.has(name)) continue;
    const given = options.parameters?.[name] ?? Default;
    if (given === undefined) throw new TemplateError(`parameter ${name}`, 'it has no default, and no value was given');
    if (Type.startsWith('AWS::SSM::Parameter::Value')) values[name] = await ssmParameter(given, options);
    else values[name] = Type === 'CommaDelimitedList' ? given.split(',').map((item) => item.trim()) : given;
  }
  return values;
}

async function ssmParameter(name: string, { services, call }: LoadOptions): Promise<string> {
  const answer = await services.dispatch('ssm', 'GetParameter', { Name: name }, call);
  return (answer as { Parameter: { Value: string } }).Parameter.Value;
}

function outputValues(template: Template, scope: Scope): Record<string, string> {
  const wanted = Object.entries(template.Outputs).filter(
    ([, { Condition }]) => !Condition || scope.condition(Condition),
  );
  return Object.fromEntries(
    wanted.map(([name, { Value }]) => [name, String(evaluate(Value, { ...scope, where: `output ${name}` }))]),
  );
}

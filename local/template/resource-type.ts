/** What a resource type of CloudFormation is to the loader, and what it may use. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CallContext, Dispatch } from '../service';
import type { LambdaService } from '../services/lambda/lambda-service';
import type { IamRegistry } from './iam-registry';
import { TemplateError } from './template-error';

/** What a created resource is to the rest of the template. */
export interface Created {
  /** Value of Ref. */
  ref: string;
  /** Values of Fn::GetAtt. */
  attributes?: Readonly<Record<string, unknown>>;
}

/** EC2's ways in that are not operations of its API. */
export interface NetworkBuilder {
  readonly zones: readonly string[];
  createVpc(given: { cidr: string; tags: Record<string, string> }): { vpcId: string };
  createSubnet(given: {
    vpcId: string;
    cidr: string;
    availabilityZone: string;
    mapPublicIpOnLaunch: boolean;
    tags: Record<string, string>;
  }): { subnetId: string };
  createSecurityGroup(given: { vpcId: string; groupName: string; description: string; tags: Record<string, string> }): {
    groupId: string;
  };
}

/** The services on which the template's resources are made. */
export interface TemplateServices {
  dispatch: Dispatch;
  lambda: Pick<LambdaService, 'createFunction' | 'setEventInvokeConfig'>;
  s3: {
    createBucket(name: string, options: { eventBridge: boolean }): void;
    putObject(bucket: string, key: string, bytes: Uint8Array): Promise<void>;
  };
  dynamodb: { createTable(input: object): Promise<void> };
  ec2: NetworkBuilder;
  iam: IamRegistry;
  /** The role's unique id, the first half of aws:userid. */
  roleId(roleName: string): string;
}

export interface ResourceContext extends TemplateServices {
  /** As who CloudFormation makes its calls. */
  call: CallContext;
  stackName: string;
  logicalId: string;
  type: string;
  accountId: string;
  region: string;
  /** File or folder of an asset that the template names by its bucket and key. @throws TemplateError */
  assetPath(bucket: string, key: string): string;
  /** Folder for files that the loader makes, such as inline Lambda code. */
  scratchDir: string;
}

export interface ResourceType {
  create(properties: unknown, context: ResourceContext): Promise<Created>;
  /** True for what is accepted but has no effect here, such as alarms. */
  inert: boolean;
}

/** A type whose properties must all be named by `schema`: anything else would be silently ignored. */
export function resourceType<S extends z.ZodType>(
  schema: S,
  create: (properties: z.infer<S>, context: ResourceContext) => Created | Promise<Created>,
): ResourceType {
  return {
    inert: false,
    async create(properties, context) {
      const parsed = schema.safeParse(properties);
      if (!parsed.success) throw new TemplateError(resourceName(context), describeIssues(parsed.error));
      return create(parsed.data, context);
    },
  };
}

/** A type that is accepted whole and does nothing; `describe` gives its Ref and attributes. */
export function inertType(describe: (context: ResourceContext) => Created): ResourceType {
  return { inert: true, create: async (_, context) => describe(context) };
}

/** For messages: the logical id and the type. */
export function resourceName({ logicalId, type }: { logicalId: string; type: string }): string {
  return `resource ${logicalId} (${type})`;
}

function describeIssues(error: z.ZodError): string {
  const problems = error.issues.map((issue) => {
    const path = issue.path.join('.');
    if (issue.code !== 'unrecognized_keys') return `property ${path || '(all)'}: ${issue.message}`;
    const names = issue.keys.map((key) => (path ? `${path}.${key}` : key));
    return `the local cloud does not support its property ${names.join(', ')}`;
  });
  return problems.join('; ');
}

/** As CloudFormation names what has no name of its own; the same in every run, so that data of earlier runs is found. */
export function physicalName(
  { stackName, logicalId }: ResourceContext,
  options: { maxLength?: number; lower?: boolean } = {},
): string {
  const { maxLength = 64, lower = false } = options;
  const suffix = hash(`${stackName}/${logicalId}`).slice(0, 12);
  const name = `${`${stackName}-${logicalId}`.slice(0, maxLength - suffix.length - 1)}-${suffix.toUpperCase()}`;
  return lower ? name.toLowerCase() : name;
}

/** An id such as igw-0123456789abcdef0 for what exists by name only. */
export function physicalId({ stackName, logicalId }: ResourceContext, prefix: string): string {
  return `${prefix}-${hash(`${stackName}/${logicalId}`).slice(0, 17)}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** CloudFormation takes numbers and booleans as texts, too. */
export const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
export const boolean = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);
/** Properties that only real AWS acts on: accepted, without effect here. */
export const withoutEffect = z.unknown().optional();

export const tags = z.array(z.object({ Key: z.string(), Value: z.string() })).default([]);
export function tagMap(list: z.infer<typeof tags>): Record<string, string> {
  return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
}

/** Name from the last part of an ARN or a name as it is. */
export function nameFromArn(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? (nameOrArn.split(/[:/]/).at(-1) ?? nameOrArn) : nameOrArn;
}

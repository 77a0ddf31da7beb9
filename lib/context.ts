/**
 * The settings of cdk.json's context (or `-c key=value`), read and checked. Values from the command line are texts: lists
 * may be separated by commas, objects are JSON.
 */
import type { Node } from 'constructs';
import { z } from 'zod';
import { budgetsSchema } from '../core/costs/budgets';
import { parseRepositoryPattern } from '../core/plan/container-image';
import { RESERVED_TAG_KEYS } from '../core/tags';
import { parseS3Prefix } from './s3-prefix';
import { DEFAULT_PARAMETER_PREFIX, type TrainingControlPlaneProps } from './training-control-plane';

/** Blank means not set: so cdk.json can show every key. */
const isBlank = (value: unknown) => value === undefined || value === null || value === '';

const list = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value),
    z.array(item),
  );

const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

const place = z.string().transform((text, context) => {
  const parsed = parseS3Prefix(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: `"${text}" is not bucket, bucket/prefix/ or s3://bucket/prefix/` });
  return z.NEVER;
});

const repository = z
  .string()
  .refine(
    (text) => parseRepositoryPattern(text) !== undefined,
    'a repository of ECR, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/train or …/team/*',
  );

/** An object in cdk.json, or JSON on the command line. */
const json = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }, schema);

/** EC2 allows 50 tags: 35 may be a job's, 9 are runctl's, and people may set `Protected`. */
const MOST_TAG_DEFAULTS = 5;

const tags = json(
  z.record(
    z
      .string()
      .regex(/^(?!aws:)[A-Za-z0-9+\-=.,_:@]{1,128}$/i, 'a tag key has no space and no /, and does not begin with aws:')
      .refine((key) => !RESERVED_TAG_KEYS.includes(key), `reserved are ${RESERVED_TAG_KEYS.join(', ')}`),
    z.string().max(256),
  ),
).refine((defaults) => Object.keys(defaults).length <= MOST_TAG_DEFAULTS, `at most ${MOST_TAG_DEFAULTS} tags`);

const resourceId = (kind: string) => z.string().regex(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `${kind}-… is expected`);

/** A week at least: the alert comes a week before. */
const keptDays = z.coerce.number().int().min(7).max(3650);

const SCHEMAS = {
  alertEmail: z.email(),
  slackWebhookParameter: z
    .string()
    .regex(/^\/(?!aws|ssm)[A-Za-z0-9_./-]*[A-Za-z0-9_.-]$/i, 'the name of a parameter, such as /runctl-alerts/slack'),
  notifyResumed: flag,
  dashboard: flag,
  vpcId: resourceId('vpc'),
  subnetIds: list(resourceId('subnet')),
  availabilityZones: list(z.string().min(1)),
  assignPublicIp: flag,
  zones: z.coerce.number().int().min(1).max(3),
  dataBuckets: list(place),
  resultPrefixes: list(place),
  imageRepositories: list(repository),
  tagDefaults: tags,
  parameterPrefix: z.string().regex(/^\/[A-Za-z0-9_./-]+\/$/, 'it begins and ends with /, such as /runctl/'),
  budgets: json(budgetsSchema),
  zombieMinAgeMinutes: z.coerce.number().int().min(5).max(10_080),
  reapDryRun: flag,
  checkpointDaysAfterSuccess: keptDays,
  checkpointDaysResumable: keptDays,
  tracing: flag,
};
type Schemas = typeof SCHEMAS;
type Settings = { [K in keyof Schemas]?: z.output<Schemas[K]> | undefined };

export interface ContextResult {
  props: TrainingControlPlaneProps;
  /** Each begins with the key that is wrong. */
  problems: string[];
}

/** Reads the context; a value that is wrong is left out and said in `problems`. */
export function readContext(node: Node): ContextResult {
  const problems: string[] = [];
  const settings = Object.fromEntries(
    Object.entries(SCHEMAS).map(([key, schema]) => {
      const value: unknown = node.tryGetContext(key);
      if (isBlank(value)) return [key, undefined];
      const parsed = schema.safeParse(value);
      if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => problem(key, issue)));
      return [key, parsed.data];
    }),
  ) as Settings;
  problems.push(...networkProblems(settings), ...secretProblems(settings));
  const { vpcId, subnetIds, availabilityZones, assignPublicIp, tagDefaults, ...rest } = settings;
  const network =
    vpcId !== undefined && subnetIds !== undefined
      ? { vpcId, subnetIds, assignPublicIp: assignPublicIp ?? false }
      : undefined;
  return { props: { ...rest, network, defaultTags: tagDefaults }, problems };
}

function problem(key: string, { path, message }: z.core.$ZodIssue): string {
  return `Context ${[key, ...path].join('.')}: ${message}`;
}

/** Jobs read what they like below the prefix: whoever has the address can write into the channel. */
function secretProblems(settings: Settings): string[] {
  const { slackWebhookParameter: name, parameterPrefix = DEFAULT_PARAMETER_PREFIX } = settings;
  if (name === undefined || !name.startsWith(parameterPrefix)) return [];
  settings.slackWebhookParameter = undefined;
  return [`Context slackWebhookParameter: nodes may read everything below ${parameterPrefix}; put it elsewhere`];
}

function networkProblems({ vpcId, subnetIds, availabilityZones, zones }: Settings): string[] {
  const problems: string[] = [];
  if (vpcId !== undefined && !subnetIds?.length) problems.push('Context subnetIds: vpcId needs them, one per zone');
  if (vpcId === undefined && subnetIds !== undefined) problems.push('Context vpcId: subnetIds need it');
  if (vpcId !== undefined && zones !== undefined) problems.push('Context zones: not with vpcId');
  if (availabilityZones === undefined) return problems;
  if (vpcId === undefined) problems.push('Context availabilityZones: only with vpcId');
  const isOnePerZone =
    availabilityZones.length === subnetIds?.length && new Set(availabilityZones).size === availabilityZones.length;
  if (!isOnePerZone) problems.push('Context availabilityZones: one for each of subnetIds, all different');
  return problems;
}

const DEFAULT_STACK_NAME = 'Runctl';

/** Name of the stack. @throws Error that names the key, when CloudFormation would refuse the name */
export function readStackName(node: Node): string {
  const value: unknown = node.tryGetContext('stackName');
  if (isBlank(value)) return DEFAULT_STACK_NAME;
  if (typeof value === 'string' && /^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(value)) return value;
  throw new Error('Context stackName: letters, digits and -, a letter first, at most 128 of them');
}

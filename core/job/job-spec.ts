/**
 * The job spec: what a user submits as the execution's input. Everything but `name` and `command` has a default;
 * unknown keys are errors that name the nearest right key. schema/job.schema.json is generated from here.
 */
import { z } from 'zod';
import { parseImageName } from '../plan/container-image';
import { parseS3Uri } from '../s3-layout';
import { RESERVED_TAG_KEYS } from '../tags';

/** Of gp3 as of 2024: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html */
export const LARGEST_VOLUME_GIB = 16_384;

/** Control characters, and halves of characters: no file, environment or tag can hold all of them. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

const s3Uri = z
  .string()
  .max(1100)
  .refine((uri) => parseS3Uri(uri) !== undefined, 'an S3 address: s3://bucket/path')
  .refine(
    (uri) => !UNPRINTABLE.test(uri) && !/\/\.{1,2}(\/|$)/.test(uri),
    'an S3 address without control characters, and without . or .. as a folder',
  );

/** A path inside the job's own folder: relative, without `..`. */
const relativePath = z
  .string()
  .min(1)
  .max(512)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..') && !UNPRINTABLE.test(path),
    'a relative path inside the job folder, without ..',
  )
  .refine(
    (path) => path.split('/').some((part) => part !== '' && part !== '.'),
    'a folder below the job folder, such as checkpoints',
  );

const withoutNul = (text: string) => !text.includes('\0');

const envName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'an environment variable name')
  .refine((name) => !name.startsWith('RUNCTL_'), 'a name that does not begin with RUNCTL_: these are set by runctl');

/** Instance metadata tags allow these characters in keys only. */
const tagKey = z
  .string()
  .regex(/^[A-Za-z0-9+\-=.,_:@]{1,128}$/, 'a tag key of 1 to 128 of A-Z a-z 0-9 + - = . , _ : @ (no space, no /)')
  .refine(
    (key) => !RESERVED_TAG_KEYS.includes(key) && !/^aws:/i.test(key),
    `a key that is not reserved (reserved: aws:*, ${RESERVED_TAG_KEYS.join(', ')})`,
  );

/**
 * What it takes to match a name grows with a power of the stars: three take a second for the worst of names. A matcher in
 * linear time would know less of globs.
 */
const MOST_STARS = 3;
const isCheapGlob = (pattern: string) =>
  withoutNul(pattern) && !/[+*]\(/.test(pattern) && (pattern.match(/\*+|!\(/g) ?? []).length <= MOST_STARS;

const checkpoints = z.strictObject({
  dir: relativePath.default('checkpoints').describe('Folder of the checkpoints, relative to the working folder'),
  pattern: z
    .string()
    .min(1)
    .max(256)
    .refine(isCheapGlob, `a glob with at most ${MOST_STARS} of *, and without +(…) or *(…)`)
    .default('*')
    .describe(`Glob of a checkpoint’s file or folder name in it, with at most ${MOST_STARS} of *`),
  keepLast: z.int().min(1).max(1000).default(3).describe('Committed checkpoints kept'),
  resumeArg: z
    .string()
    .max(512)
    .refine((arg) => arg.includes('{path}') && withoutNul(arg), 'a text with {path} in it')
    .nullable()
    .default(null)
    .describe('Added to the command when resuming; `{path}` is replaced by the checkpoint’s'),
  upload: z
    .enum(['rank0', 'all'])
    .default('rank0')
    .describe('`rank0`: of the first node, without files that name another rank; `all`: a shard of each node'),
});

const resources = z.strictObject({
  instanceTypes: z
    .array(z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'an instance type such as g5.xlarge'))
    .min(1)
    .max(20)
    .default(['m7i.large', 'm6i.large', 'm5.large'])
    .describe('Any of these will do; more types mean fewer interruptions'),
  market: z
    .enum(['spot', 'on-demand', 'spot-then-on-demand'])
    .default('spot-then-on-demand')
    .describe('Where it may run'),
  nodes: z.int().min(1).max(64).default(1).describe('Instances of an attempt: all or none'),
  volumeGiB: z
    .int()
    .min(8)
    .max(LARGEST_VOLUME_GIB)
    .default(100)
    .describe('Root volume, in GiB; code and data that cannot fit are refused before a launch'),
  placementGroup: z
    .string()
    .regex(/^[^\p{C}]{1,255}$/u, 'a name of 1 to 255 characters')
    .nullable()
    .default(null)
    .describe('Name of a placement group that exists, for nodes that are to be near each other'),
  ami: z
    .string()
    .regex(/^ami-[0-9a-f]{8,17}$/, 'an image id such as ami-0123456789abcdef0')
    .nullable()
    .default(null)
    .describe('An image of your own; `null`: Deep Learning Base AMI on GPU types, else Amazon Linux 2023'),
  image: z
    .string()
    .max(512)
    .refine((name) => parseImageName(name) !== undefined, 'a container image, such as pytorch/pytorch:2.4.0-cuda12.1')
    .nullable()
    .default(null)
    .describe(
      'A container image that the command runs in (`bash -c`, or `sh -c`), such as `pytorch/pytorch:2.4.0-cuda12.1`; `null`: on the machine itself',
    ),
});

const limits = z.strictObject({
  maxHours: z
    .number()
    .positive()
    .max(8760)
    .nullable()
    .default(24)
    .describe('Over all attempts together; it saves and stops before'),
  maxUsd: z
    .number()
    .positive()
    .max(1_000_000)
    .nullable()
    .default(null)
    .describe('Over all attempts together: instances, disks, addresses, S3, control plane. It saves and stops before'),
  maxUsdPerHour: z.number().positive().nullable().default(null).describe('A dearer launch is refused'),
  maxAttempts: z
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe('In a row *without a new checkpoint*; interruptions with progress are free'),
  stallMinutes: z
    .number()
    .positive()
    .max(10_080)
    .nullable()
    .default(30)
    .describe('Without a new step, or with nothing to do: you are told, and `on.stall` follows'),
  graceSeconds: z.int().min(1).max(3600).default(90).describe('From SIGTERM to SIGKILL'),
});

const launch = z.strictObject({
  spotPatienceMinutes: z.number().min(0).max(10_080).default(30).describe('Then on demand, if the market allows'),
  patienceHours: z.number().min(0).max(168).default(24).describe('Then `CapacityUnavailable`'),
});

const retry = z.strictObject({
  maxFailures: z.int().min(0).max(100).default(0).describe('Failures of the command that start a new attempt'),
  onExitCodes: z.array(z.int().min(1).max(255)).max(64).default([]).describe('Empty: any exit code'),
});

const on = z.strictObject({
  rebalance: z
    .enum(['ignore', 'checkpoint', 'migrate'])
    .default('checkpoint')
    .describe(
      '`checkpoint` warns in the status (a script cannot be asked to save and go on); `migrate` makes another machine ready, and then hands over to it',
    ),
  stall: z
    .enum(['alert', 'restart', 'stop'])
    .default('alert')
    .describe(
      'Five minutes after the alert `restart` has it save, and a new attempt goes on; `stop` has it save and end, resumable',
    ),
  nan: z
    .enum(['alert', 'stop'])
    .default('alert')
    .describe(
      'Of a loss that is NaN or infinite: `stop` ends it, resumable, five minutes after the alert. What is saved meanwhile replaces no checkpoint from before',
    ),
});

/** The sections of a spec, by key. */
export const SECTIONS = { checkpoints, resources, limits, launch, retry, on };

export const jobSpecSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'a name of 1 to 64 letters, digits, _ and -')
    .describe('1 to 64 letters, digits, `_` and `-`'),
  project: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_. -]{0,63}$/, 'a name of 1 to 64 letters, digits, space, _ . and -')
    .default('default')
    .describe('Tag on everything launched; costs and budgets are added up by it'),
  owner: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.@+-]{0,127}$/, 'a name or an e-mail address')
    .default('unknown')
    .describe('As `project`; a name or an e-mail address'),
  command: z
    .string()
    .min(1)
    .max(16_384)
    .refine(withoutNul, 'a text without NUL')
    .describe('Run by `bash -lc` in the folder of your code'),
  code: s3Uri
    .nullable()
    .default(null)
    .describe('`s3://` address of a .tar.gz, .tgz, .tar, .zip, or of a prefix ending in `/`'),
  data: s3Uri.nullable().default(null).describe('`s3://` address of an object, or of a prefix ending in `/`'),
  output: s3Uri
    .nullable()
    .default(null)
    .describe('Results go to `<output>/<session id>/`; `null`: `results/` of the stack’s bucket'),
  checkpoints: checkpoints.prefault({}),
  resources: resources.prefault({}),
  limits: limits.prefault({}),
  launch: launch.prefault({}),
  retry: retry.prefault({}),
  on: on.prefault({}),
  env: z
    .record(envName, z.string().max(32_768).refine(withoutNul, 'a text without NUL'))
    .default({})
    .describe('Environment variables'),
  secrets: z
    .record(
      envName,
      z.string().regex(/^(ssm|secretsmanager):[A-Za-z0-9/_+=.@-]{1,1000}$/, 'ssm:/name or secretsmanager:name'),
    )
    .default({})
    .describe('Environment variables from `ssm:/name` or `secretsmanager:name`, read on the instance'),
  tags: z
    .record(
      tagKey,
      z
        .string()
        .max(256)
        .refine((value) => !UNPRINTABLE.test(value), 'a text without control characters'),
    )
    .refine((tags) => Object.keys(tags).length <= 35, 'at most 35 tags')
    .default({})
    .describe('On instances and volumes'),
  aws: z.boolean().default(false).describe('Lets the command use the instance’s AWS credentials'),
  resumeFrom: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'a session id')
    .nullable()
    .default(null)
    .describe('A session id: begin with its newest verified checkpoint'),
});

/** A complete job spec, every default filled in. */
export type JobSpec = z.output<typeof jobSpecSchema>;
/** What a user may write. */
export type JobSpecInput = z.input<typeof jobSpecSchema>;

/** Session ids are execution names; S3 keys, tags and shells must bear them. */
export const SESSION_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

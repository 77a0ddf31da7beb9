/**
 * Tags on every instance and volume, set in the launch call itself. They prove ownership, and the record can be
 * rebuilt from them. Keys have no space and no `/`: tags in instance metadata forbid both
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html).
 */
export const TAG = {
  name: 'Name',
  project: 'Project',
  createdBy: 'CreatedBy',
  sessionId: 'SessionId',
  attempt: 'Attempt',
  job: 'Job',
  owner: 'Owner',
  expiresAt: 'ExpiresAt',
  /** `true`: the reaper leaves it alone. Set by people. */
  protected: 'Protected',
  /** The table with its session's record: stacks that share an account tell their instances apart by it. */
  table: 'RecordTable',
} as const;

export const INSTANCE_NAME = 'runctl-training';
export const CREATED_BY = 'runctl';

/** Keys that a job may not set itself. */
export const RESERVED_TAG_KEYS: readonly string[] = Object.values(TAG);

export interface LaunchTagInput {
  sessionId: string;
  attempt: number;
  job: { name: string; project: string; owner: string; tags: Readonly<Record<string, string>> };
  /** ISO 8601: after this an instance is a zombie whatever else is said. */
  expiresAt: string;
  /** The stack's own defaults; the job's tags win over them. */
  defaults: Readonly<Record<string, string>>;
}

/** All tags of an instance or volume of one attempt. */
export function launchTags(input: LaunchTagInput): Record<string, string> {
  return {
    ...input.defaults,
    ...input.job.tags,
    [TAG.name]: INSTANCE_NAME,
    [TAG.project]: input.job.project,
    [TAG.owner]: input.job.owner,
    [TAG.createdBy]: CREATED_BY,
    [TAG.sessionId]: input.sessionId,
    [TAG.attempt]: String(input.attempt),
    [TAG.job]: input.job.name,
    [TAG.expiresAt]: input.expiresAt,
  };
}

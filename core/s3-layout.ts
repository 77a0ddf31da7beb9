/**
 * Where everything lies in the stack's bucket.
 * `sessions/` is written by the control plane and read by nodes; a node writes only below its own user id
 * (`<role id>:<instance id>`, the policy variable aws:userid), so that no node can speak for another.
 */

export const SESSIONS_PREFIX = 'sessions/';
export const STATUS_PREFIX = 'status/';
/** The only prefix whose new objects wake handle-event. */
export const FINAL_PREFIX = 'final/';
export const NODES_PREFIX = 'nodes/';
/** Where results go when the job names no output. */
export const RESULTS_PREFIX = 'results/';

/** Of the daily report, a folder for each day. */
export const REPORTS_PREFIX = 'reports/';

export const planKey = (sessionId: string) => `${SESSIONS_PREFIX}${sessionId}/plan.json`;
export const leaseKey = (sessionId: string) => `${SESSIONS_PREFIX}${sessionId}/lease.json`;
export const receiptKey = (sessionId: string) => `${SESSIONS_PREFIX}${sessionId}/receipt.json`;

/** `day`, e.g. 2026-11-26, is the one that the report was made on. */
export const reportKey = (day: string) => `${REPORTS_PREFIX}${day}/costs.html`;
export const reportCsvKey = (day: string) => `${REPORTS_PREFIX}${day}/sessions.csv`;

/** Heartbeat of a node, rewritten every few seconds: core/node/node-status.ts NodeStatus. */
export const statusKey = (userId: string) => `${STATUS_PREFIX}${userId}.json`;
/** Written when a notice is seen and again, last, with the node's outcome: core/node/node-status.ts FinalStatus. */
export const finalKey = (userId: string) => `${FINAL_PREFIX}${userId}.json`;

export const checkpointsPrefix = (userId: string) => `${NODES_PREFIX}${userId}/checkpoints/`;
/** `sequence` counts the checkpoints that this node committed, from 1; names repeat (last.ckpt), sequences do not. */
export const checkpointPrefix = (userId: string, sequence: number) =>
  `${checkpointsPrefix(userId)}${String(sequence).padStart(6, '0')}/`;
export const CHECKPOINT_MANIFEST = 'manifest.json';
export const logsPrefix = (userId: string) => `${NODES_PREFIX}${userId}/logs/`;

/** The instance id in an aws:userid, or undefined when it has not that form. */
export function instanceIdOf(userId: string): string | undefined {
  return /^[A-Z0-9]+:(i-[0-9a-f]+)$/.exec(userId)?.[1];
}

/** The aws:userid of another instance of the same role. */
export function userIdBeside(userId: string, instanceId: string): string {
  return `${userId.split(':')[0]}:${instanceId}`;
}

export interface S3Location {
  bucket: string;
  key: string;
}

/** Parses `s3://bucket/key`; undefined when it is not one. Keys are kept byte for byte. */
export function parseS3Uri(uri: string): S3Location | undefined {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(uri);
  return match?.[1] === undefined ? undefined : { bucket: match[1], key: match[2] ?? '' };
}

export const s3Uri = ({ bucket, key }: S3Location) => `s3://${bucket}/${key}`;

/** Results of a session lie below this prefix of the job's output. */
export function resultsLocation(output: S3Location, sessionId: string): S3Location {
  const base = output.key === '' || output.key.endsWith('/') ? output.key : `${output.key}/`;
  return { bucket: output.bucket, key: `${base}${sessionId}/` };
}

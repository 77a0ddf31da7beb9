/**
 * What a node says of itself. Both objects lie under the node's own user id and are *untrusted*: parsed here, bounded
 * in size, and able to affect only the session that the record says the instance belongs to.
 */
import { z } from 'zod';

export const stageSchema = z.enum(['boot', 'image', 'code', 'data', 'wait', 'resume', 'train', 'upload', 'done']);
export type Stage = z.infer<typeof stageSchema>;

const text = z.string().max(4096);
/** A date as text; what is longer is none. */
const time = z.string().max(40);
/** Names of files have at most 255 bytes. */
const fileName = z.string().max(255);
const word = z.string().max(256);
/** s3://, bucket and key. */
const address = z.string().max(1200);

/** A loss that is no number (NaN, or infinite), until it is one again. */
export const notFiniteSchema = z.object({
  metric: z.string().max(128),
  /** Of the first line that said so; null: unknown. */
  step: z.number().nullable(),
  /** Of the last line before, with a loss that was a number. */
  finiteStep: z.number().nullable(),
  /** ISO 8601 of the first line. */
  at: time,
});
export type NotFinite = z.infer<typeof notFiniteSchema>;

export const progressSchema = z.object({
  step: z.number().nullable(),
  total: z.number().nullable(),
  /** Latest value by name: loss, accuracy, … */
  metrics: z.record(z.string().max(128), z.number()),
  etaSeconds: z.number().nullable(),
  /** ISO 8601 of the last line that moved `step`. */
  steppedAt: time.nullable(),
  notFinite: notFiniteSchema.optional(),
});
export type Progress = z.infer<typeof progressSchema>;

export const committedCheckpointSchema = z.object({
  /** File or folder name as training wrote it. */
  name: fileName,
  /** null when neither name nor progress tells. */
  step: z.number().nullable(),
  sequence: z.int(),
  sizeBytes: z.number(),
  committedAt: time,
  uploadSeconds: z.number(),
  /** From the creation of its first file to its last change; null: not known. */
  saveSeconds: z.number().nullable().optional(),
});
export type CommittedCheckpoint = z.infer<typeof committedCheckpointSchema>;

/** How busy a node's devices are while it trains. */
export const utilizationSchema = z.object({
  /** Share of all CPUs that training's processes use, 0..1, over the last minute; null: not measured. */
  cpu: z.number().nullable(),
  /** Of each GPU, 0..1, over the last minute; empty: none, or not measured. */
  gpus: z.array(z.number()).max(16),
  /** ISO 8601: when any of them was last seen busy; at first, when measuring began. */
  busyAt: time,
  /** The same of the GPUs alone; null: none, or not measured. */
  gpuBusyAt: time.nullable(),
});
export type Utilization = z.infer<typeof utilizationSchema>;

/** The checkpoint that an attempt began with. */
export const resumedFromSchema = z.object({
  userId: word,
  sequence: z.int(),
  step: z.number().nullable(),
  name: fileName,
});
export type ResumedFrom = z.infer<typeof resumedFromSchema>;

/** Bytes on their way to or from the instance, in this stage. */
export const transferSchema = z.object({
  /** Those of an earlier process of the agent included. */
  doneBytes: z.number(),
  /** null until everything was listed. */
  totalBytes: z.number().nullable(),
  doneFiles: z.int(),
  totalFiles: z.int().nullable(),
  /** Over the last 20 s; null when it cannot be told yet. */
  bytesPerSecond: z.number().nullable(),
  etaSeconds: z.number().nullable(),
});
export type Transfer = z.infer<typeof transferSchema>;

/** `seconds` is null while the stage is going on. */
export const stageTimingSchema = z.object({
  stage: stageSchema,
  startedAt: time,
  seconds: z.number().nullable(),
});
export type StageTiming = z.infer<typeof stageTimingSchema>;

/** Heartbeat, status/<user id>.json, rewritten every HEARTBEAT_SECONDS and on every change of stage. */
export const nodeStatusSchema = z.object({
  version: z.literal(1),
  /** Grows by one with each write of one agent process; `agentStartedAt` tells processes apart. */
  seq: z.int(),
  agentStartedAt: time,
  sessionId: word,
  attempt: z.int(),
  at: time,
  stage: stageSchema,
  stages: z.array(stageTimingSchema).max(64),
  /** Share of the stage's own work done (bytes staged or uploaded), 0..1; null when it has none. */
  stageFraction: z.number().nullable(),
  /** null in a stage that moves nothing; absent from agents of an older version. */
  transfer: transferSchema.nullable().optional(),
  progress: progressSchema,
  utilization: utilizationSchema.nullish(),
  lastCheckpoint: committedCheckpointSchema.nullable(),
  /** While the loss is no number: the newest checkpoint from before. */
  finiteCheckpoint: committedCheckpointSchema.nullish(),
  resumedFrom: resumedFromSchema.nullable(),
  /** Lines about things that the user should know, newest last. */
  warnings: z.array(text).max(50),
  /** EC2 recommends to leave the instance (rebalance recommendation). Absent: not told. */
  isRebalanceRecommended: z.boolean().optional(),
  /** Set once a notice or an order to stop was seen. */
  stopping: z.object({ reason: word, at: time }).nullable(),
});
export type NodeStatus = z.infer<typeof nodeStatusSchema>;

export const HEARTBEAT_SECONDS = 15;
/** A node of a gang of which nothing was heard for so long is gone, hangs, or is cut off. */
export const SILENT_SECONDS = 12 * HEARTBEAT_SECONDS;

/** Before any signal: succeeded or failed, by the exit code. After one, whatever the code: interrupted or stopped. */
export const nodeOutcomeSchema = z.enum(['succeeded', 'failed', 'interrupted', 'stopped']);
export type NodeOutcome = z.infer<typeof nodeOutcomeSchema>;

/** Measured on the way out; null when it did not happen. */
export const shutdownTimingSchema = z.object({
  noticeToSignalSeconds: z.number().nullable(),
  saveSeconds: z.number().nullable(),
  uploadSeconds: z.number().nullable(),
});
export type ShutdownTiming = z.infer<typeof shutdownTimingSchema>;

/** final/<user id>.json: first with the notice alone, then, as the node's last word, with `outcome`. */
export const finalStatusSchema = z.object({
  version: z.literal(1),
  sessionId: word,
  attempt: z.int(),
  at: time,
  notice: z.object({ action: word, time, seenAt: time }).nullable(),
  outcome: nodeOutcomeSchema.nullable(),
  /** For `interrupted`: SpotNotice, LeaseExpired, PeerLost, AgentRestarted, …; for `stopped`: the order's reason. */
  reason: word.nullable(),
  exitCode: z.int().nullable(),
  signal: word.nullable(),
  /** For `failed`: what went wrong, in words (in any stage). */
  error: text.nullable(),
  /** The stage in which it ended. */
  stage: stageSchema,
  logTail: z.array(z.string().max(2000)).max(50),
  logUri: address.nullable(),
  lastCheckpoint: committedCheckpointSchema.nullable(),
  finiteCheckpoint: committedCheckpointSchema.nullish(),
  resumedFrom: resumedFromSchema.nullable(),
  progress: progressSchema,
  stages: z.array(stageTimingSchema).max(64),
  shutdown: shutdownTimingSchema.nullable(),
  /** s3:// of the results manifest, for `succeeded`. */
  resultsManifestUri: address.nullable(),
});
export type FinalStatus = z.infer<typeof finalStatusSchema>;

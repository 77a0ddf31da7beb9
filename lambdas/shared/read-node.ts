/** What a node says of itself, from its own objects: untrusted, so parsed, and bounded before it gets near the record. */
import type { z } from 'zod';
import type { NodeFacts } from '../../core/decide/facts';
import {
  type FinalStatus,
  finalStatusSchema,
  type NodeStatus,
  nodeStatusSchema,
  type Progress,
} from '../../core/node/node-status';
import { cut, plainLine } from '../../core/plain-text';
import type { ObjectStore } from '../../core/ports';
import { finalKey, statusKey } from '../../core/s3-layout';
import { MINUTE_MS, ms } from '../../core/time';

const MAX_BYTES = 256 * 1024;
/** A record of 64 nodes must stay below DynamoDB's 400 KB. */
const LOG_LINES = 20;
const LOG_LINE_LENGTH = 300;
const METRICS = 32;

export async function readNode(
  objects: Pick<ObjectStore, 'get'>,
  userId: string,
): Promise<Pick<NodeFacts, 'status' | 'final'>> {
  const [status, final] = await Promise.all([
    readObject(objects, statusKey(userId), nodeStatusSchema),
    readObject(objects, finalKey(userId), finalStatusSchema),
  ]);
  const isFailure = final?.body.outcome === 'failed';
  const logTail = isFailure ? final.body.logTail.slice(-LOG_LINES).map((line) => cut(line, LOG_LINE_LENGTH)) : [];
  return {
    ...(status
      ? { status: { ...status, body: statusOnStoreClock(withFewMetrics(status.body), status.writtenAt) } }
      : {}),
    ...(final ? { final: { ...finalOnStoreClock(withFewMetrics(final.body), final.writtenAt), logTail } } : {}),
  };
}

function withFewMetrics<T extends { progress: Progress }>(body: T): T {
  const metrics = Object.fromEntries(Object.entries(body.progress.metrics).slice(0, METRICS));
  return { ...body, progress: { ...body.progress, metrics } };
}

/** Less is what writing takes, with its retries. */
const CLOCK_ERROR_MS = 2 * MINUTE_MS;

type Dated = Pick<NodeStatus, 'at' | 'stages' | 'progress' | 'lastCheckpoint' | 'finiteCheckpoint'>;
type Right = (at: string) => string;

/**
 * A node's clock may be wrong by hours, and what it says happened when is held against ours (no step for 30 minutes, a
 * limit that was reached). S3 dated the object: by how much the node's own date of it differs, all its dates do.
 */
function clockOf({ at: own }: Dated, writtenAt: string): Right {
  const errorMs = ms(writtenAt) - ms(own);
  if (!(Math.abs(errorMs) > CLOCK_ERROR_MS)) return (at) => at;
  return (at) => {
    const time = new Date(ms(at) + errorMs);
    return Number.isNaN(time.getTime()) ? at : time.toISOString();
  };
}

function statusOnStoreClock(body: NodeStatus, writtenAt: string): NodeStatus {
  const right = clockOf(body, writtenAt);
  const { utilization } = body;
  return {
    ...withDates(body, right),
    utilization: utilization && {
      ...utilization,
      busyAt: right(utilization.busyAt),
      gpuBusyAt: utilization.gpuBusyAt && right(utilization.gpuBusyAt),
    },
  };
}

/** The time of a notice itself is AWS's. */
function finalOnStoreClock(body: FinalStatus, writtenAt: string): FinalStatus {
  const right = clockOf(body, writtenAt);
  const { notice } = body;
  return { ...withDates(body, right), notice: notice && { ...notice, seenAt: right(notice.seenAt) } };
}

function withDates<T extends Dated>(body: T, right: Right): T {
  const { progress, lastCheckpoint, finiteCheckpoint } = body;
  const { steppedAt, notFinite } = progress;
  return {
    ...body,
    at: right(body.at),
    stages: body.stages.map((timing) => ({ ...timing, startedAt: right(timing.startedAt) })),
    progress: {
      ...progress,
      steppedAt: steppedAt && right(steppedAt),
      ...(notFinite ? { notFinite: { ...notFinite, at: right(notFinite.at) } } : {}),
    },
    lastCheckpoint: lastCheckpoint && { ...lastCheckpoint, committedAt: right(lastCheckpoint.committedAt) },
    ...(finiteCheckpoint
      ? { finiteCheckpoint: { ...finiteCheckpoint, committedAt: right(finiteCheckpoint.committedAt) } }
      : {}),
  };
}

/** Undefined also when it is not what it should be. */
async function readObject<T>(objects: Pick<ObjectStore, 'get'>, key: string, schema: z.ZodType<T>) {
  const object = await objects.get(key, { maxBytes: MAX_BYTES });
  if (object === undefined) return undefined;
  const parsed = schema.safeParse(parseJson(object.text));
  return parsed.success ? { body: bounded(parsed.data), writtenAt: object.writtenAt } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * DynamoDB has 38 digits and 10^±130; a loss that explodes to 1e300 must not stop its session's record. Texts end up in
 * mails, alerts and terminals.
 */
function bounded<T>(value: T): T {
  if (typeof value === 'number') return boundedNumber(value) as T;
  if (typeof value === 'string') return plainLine(value) as T;
  if (Array.isArray(value)) return value.map(bounded) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [plainLine(key), bounded(each)])) as T;
}

function boundedNumber(value: number): number {
  if (Math.abs(value) < 1e-100) return 0;
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
}

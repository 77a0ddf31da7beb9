/**
 * What a session costs besides its machines, estimated from what it did: S3 and the control plane. Small, but lines of
 * their own, so that nobody has to wonder. List prices of us-east-1; nothing here was read from a bill.
 */
import { HEARTBEAT_SECONDS } from '../node/node-status';
import { allNodes } from '../session/attempts';
import type { Node, Session } from '../session/session';
import { HOUR_MS, ms } from '../time';
import { nodeCost } from './node-cost';
import { DAYS_PER_MONTH, DYNAMODB, LAMBDA, S3, STATE_TRANSITION_USD } from './unit-prices';

const GIB = 1024 ** 3;
const HEARTBEATS_PER_HOUR = 3600 / HEARTBEAT_SECONDS;
/** An object and its manifest, and an event's worth of listing. */
const WRITES_PER_CHECKPOINT = 3;

/** Checkpoints kept, at the size of the newest, since it was committed; and the requests of agents. USD. */
export function storageUsd(session: Session, untilMs: number): number {
  const nodes = allNodes(session);
  return nodes.reduce((sum, node) => sum + nodeStorageUsd(session, node, untilMs), 0);
}

function nodeStorageUsd(session: Session, node: Node, untilMs: number): number {
  const hours = nodeCost(session, node, untilMs).seconds / 3600;
  const requests = hours * HEARTBEATS_PER_HOUR * (S3.usdPerWrite + S3.usdPerRead);
  const newest = node.final?.lastCheckpoint ?? node.status?.lastCheckpoint ?? null;
  if (newest === null) return requests;
  const keptGib = (Math.min(newest.sequence, session.job.checkpoints.keepLast) * newest.sizeBytes) / GIB;
  const keptMonths = Math.max(0, untilMs - ms(newest.committedAt)) / (DAYS_PER_MONTH * 24 * HOUR_MS);
  return requests + newest.sequence * WRITES_PER_CHECKPOINT * S3.usdPerWrite + keptGib * keptMonths * S3.usdPerGibMonth;
}

/** As counted on the local cloud by `npm run bench`: of a session with one attempt, of each further one. */
const TRANSITIONS = { once: 8, perAttempt: 4 };
const INVOCATIONS = { once: 8, perAttempt: 6 };
/** reconcile and track-costs write the record, the ledger and the lease, and read status objects. */
const PASSES_PER_HOUR = 72;
const INVOCATION_GIB_SECONDS = 0.5 * 0.5;
const RECORD_KB = 12;

/** State transitions, functions, record. USD. */
export function controlPlaneUsd(session: Session, untilMs: number): number {
  const attempts = Math.max(1, session.attempts.length);
  const endMs = session.outcome === null ? untilMs : Math.min(untilMs, ms(session.outcome.at));
  const hours = Math.max(0, endMs - ms(session.createdAt)) / HOUR_MS;
  const transitions = TRANSITIONS.once + TRANSITIONS.perAttempt * attempts;
  const invocations = INVOCATIONS.once + INVOCATIONS.perAttempt * attempts;
  const invocationUsd = LAMBDA.usdPerRequest + INVOCATION_GIB_SECONDS * LAMBDA.usdPerGibSecond;
  const recordUsd = RECORD_KB * DYNAMODB.usdPerWriteUnit + (RECORD_KB / 4) * DYNAMODB.usdPerReadUnit;
  return (
    transitions * STATE_TRANSITION_USD + invocations * (invocationUsd + recordUsd) + hours * PASSES_PER_HOUR * recordUsd
  );
}

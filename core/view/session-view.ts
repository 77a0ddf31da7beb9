/**
 * A session as people see it: what it is doing, how far it is, what it costs, what happened. Pure, from records; the
 * command line and web page draw the same.
 */

import { type ReceiptTotal, receiptOf } from '../costs/receipt';
import type { CommittedCheckpoint, NotFinite, Progress } from '../node/node-status';
import { type WayOut, wayOutOf } from '../node/way-out';
import { currentAttempt, leaderOf } from '../session/attempts';
import type { Outcome, Session, TimelineEntry } from '../session/session';
import { iso, ms, SECOND_MS } from '../time';
import { type AttemptView, attemptView } from './attempt-view';
import { isOver, type SessionState, sessionState } from './session-state';
import type { SessionSources } from './sources';
import { timelineOf } from './timeline';

export interface ProgressView extends Pick<Progress, 'step' | 'total' | 'metrics'> {
  /** Of a loss that is no number; null: none is known to be. */
  notFinite: NotFinite | null;
  /** 0..1; null when the total is unknown. */
  fraction: number | null;
  /** Of training alone; null: unknown. */
  etaSeconds: number | null;
}

export interface CheckpointAge extends CommittedCheckpoint {
  attempt: number;
  ageSeconds: number;
}

export interface CostView {
  /** Of the instances so far; null when the price of any is unknown. */
  usd: number | null;
  /** Of those whose price is known. */
  knownUsd: number;
  onDemandUsd: number | null;
  /** The job's limit. */
  maxUsd: number | null;
  /** Of all running instances together; null: none runs, or a price is unknown. */
  usdPerHour: number | null;
}

export interface SessionView {
  sessionId: string;
  state: SessionState;
  isOver: boolean;
  job: { name: string; project: string; owner: string; command: string } | null;
  createdAt: string | null;
  endedAt: string | null;
  /** From its creation to its end, or to now. */
  elapsedSeconds: number | null;
  outcome: Pick<Outcome, 'result' | 'error' | 'message' | 'resumable'> | null;
  /** Number of the current or last attempt; 0 before the first. */
  attempt: number;
  progress: ProgressView | null;
  lastCheckpoint: CheckpointAge | null;
  /** What saving and uploading it once more would take after a spot notice; null: on demand, over, or none was saved. */
  wayOut: WayOut | null;
  cost: CostView | null;
  totals: ReceiptTotal | null;
  attempts: AttemptView[];
  warnings: string[];
  timeline: TimelineEntry[];
  resultsUri: string | null;
  resumedFromSession: string | null;
  executionArn: string | null;
}

export function sessionView(sources: SessionSources): SessionView {
  const { sessionId, session, execution, now } = sources;
  const state = sessionState(sources);
  const createdAt = session?.createdAt ?? execution?.startedAt ?? null;
  const endedAt = session?.outcome?.at ?? execution?.endedAt ?? null;
  return {
    sessionId,
    state,
    isOver: isOver(state),
    createdAt,
    endedAt,
    elapsedSeconds: createdAt === null ? null : secondsBetween(createdAt, endedAt ?? iso(now)),
    outcome: outcomeOf(sources, state),
    resultsUri: session?.resultsUri ?? null,
    executionArn: execution?.executionArn ?? session?.executionArn ?? null,
    ...(session === null ? NOTHING_YET : recorded(session, sources, state)),
  };
}

type Recorded = Omit<
  SessionView,
  | 'sessionId'
  | 'state'
  | 'isOver'
  | 'createdAt'
  | 'endedAt'
  | 'elapsedSeconds'
  | 'outcome'
  | 'resultsUri'
  | 'executionArn'
>;

const NOTHING_YET: Recorded = {
  job: null,
  attempt: 0,
  progress: null,
  lastCheckpoint: null,
  wayOut: null,
  cost: null,
  totals: null,
  attempts: [],
  warnings: [],
  timeline: [],
  resumedFromSession: null,
};

function recorded(session: Session, { reports, now }: SessionSources, state: SessionState): Recorded {
  const receipt = receiptOf(session, now);
  const attempts = session.attempts.map((attempt, index) => attemptView(attempt, receipt.attempts[index], reports));
  const attempt = currentAttempt(session)?.number ?? 0;
  const current = currentView({ attempts, attempt });
  const { name, project, owner, command } = session.job;
  return {
    job: { name, project, owner, command },
    attempt,
    progress: progressOf({ attempts, current, state, saidAt: lastWordAt(session, reports), now }),
    lastCheckpoint: newestCheckpoint(attempts, now),
    wayOut: isOver(state) ? null : wayOutNow(current, session.job.limits.graceSeconds),
    cost: {
      usd: receipt.total.usd,
      knownUsd: receipt.total.knownUsd,
      onDemandUsd: receipt.total.onDemandUsd,
      maxUsd: session.job.limits.maxUsd,
      usdPerHour: rateOf(attempts),
    },
    totals: receipt.total,
    attempts,
    warnings: current?.warnings ?? [],
    timeline: timelineOf(session, attempts),
    resumedFromSession: session.job.resumeFrom,
  };
}

/** The attempt that speaks for the session. */
export function currentView({ attempts, attempt }: Pick<SessionView, 'attempts' | 'attempt'>): AttemptView | undefined {
  return attempts.find(({ number }) => number === attempt);
}

/** A refused job has no record: its execution says why. */
function outcomeOf({ session, execution }: SessionSources, state: SessionState): SessionView['outcome'] {
  if (session?.outcome) {
    const { result, error, message, resumable } = session.outcome;
    return { result, error, message, resumable };
  }
  if (state !== 'refused') return null;
  const message = execution?.cause ?? 'The execution ended without saying why.';
  return { result: 'failed', error: execution?.error ?? execution?.status ?? null, message, resumable: false };
}

/** Before the current attempt has said anything, what the one before had reached. */
function progressOf({
  attempts,
  current,
  state,
  saidAt,
  now,
}: {
  attempts: readonly AttemptView[];
  current: AttemptView | undefined;
  state: SessionState;
  saidAt: string | null;
  now: number;
}): ProgressView | null {
  const own = current?.progress;
  const progress = attempts.findLast((each) => each.progress?.step != null)?.progress ?? own;
  if (!progress) return null;
  const { step, total, metrics } = progress;
  const fraction = step === null || !total ? null : Math.min(1, Math.max(0, step / total));
  const isLive = state === 'training' && progress === own && progress.etaSeconds !== null && fraction !== 1;
  const sinceSeconds = saidAt === null ? 0 : secondsBetween(saidAt, iso(now));
  const etaSeconds = isLive ? Math.max(0, Math.round((progress.etaSeconds ?? 0) - sinceSeconds)) : null;
  return { step, total, metrics, notFinite: progress.notFinite ?? null, fraction, etaSeconds };
}

function lastWordAt(session: Session, reports: SessionSources['reports']): string | null {
  const attempt = currentAttempt(session);
  const leader = attempt && leaderOf(attempt);
  return (leader && reports.get(leader.userId)?.status?.at) ?? leader?.statusAt ?? null;
}

function newestCheckpoint(attempts: readonly AttemptView[], now: number): CheckpointAge | null {
  const attempt = attempts.findLast(({ lastCheckpoint }) => lastCheckpoint !== null);
  if (!attempt?.lastCheckpoint) return null;
  const { lastCheckpoint, number } = attempt;
  return {
    ...lastCheckpoint,
    attempt: number,
    ageSeconds: secondsBetween(lastCheckpoint.committedAt, iso(now)),
  };
}

function wayOutNow(current: AttemptView | undefined, graceSeconds: number): WayOut | null {
  return current?.market === 'spot' && current.lastCheckpoint ? wayOutOf(current.lastCheckpoint, graceSeconds) : null;
}

function rateOf(attempts: readonly AttemptView[]): number | null {
  const running = attempts.flatMap(({ nodes }) => nodes).filter(({ endedAt }) => endedAt === null);
  if (running.length === 0) return null;
  return running.reduce<number | null>(
    (sum, { usdPerHour }) => (sum === null || usdPerHour === null ? null : sum + usdPerHour),
    0,
  );
}

/** Clocks differ a little: never negative. */
function secondsBetween(from: string, to: string): number {
  return Math.max(0, (ms(to) - ms(from)) / SECOND_MS);
}

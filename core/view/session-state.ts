/** What a session is doing, in one word for people. */
import { startsNewAttempt } from '../errors';
import type { NodeOutcome, Stage } from '../node/node-status';
import { currentAttempt, leaderOf } from '../session/attempts';
import type { Attempt } from '../session/session';
import type { NodeReports, SessionSources } from './sources';

export const SESSION_STATES = [
  'planning',
  'launching',
  'waiting for capacity',
  'starting',
  'staging',
  'training',
  'saving',
  'uploading',
  'stopping',
  'finishing',
  'succeeded',
  'failed',
  'stopped',
  'aborted',
  'refused',
] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** Nothing of it will change any more. */
export function isOver(state: SessionState): boolean {
  return ['succeeded', 'failed', 'stopped', 'aborted', 'refused'].includes(state);
}

export function sessionState(sources: SessionSources): SessionState {
  const { session, execution, reports } = sources;
  const isRunning = execution === null || execution.status === 'RUNNING';
  if (session === null) return isRunning ? 'planning' : 'refused';
  if (session.outcome) return session.outcome.result;
  if (!isRunning || session.stopRequest) return 'stopping';
  const attempt = currentAttempt(session);
  return attempt === undefined ? 'launching' : attemptState(attempt, reports);
}

function attemptState(attempt: Attempt, reports: ReadonlyMap<string, NodeReports>): SessionState {
  const { verdict, launch } = attempt;
  if (verdict) return startsNewAttempt(verdict.error) ? 'launching' : 'finishing';
  const leader = leaderOf(attempt);
  if (leader === undefined) return launch.doneAt !== null ? 'waiting for capacity' : 'launching';
  const { status, final } = reports.get(leader.userId) ?? {};
  const outcome = final?.outcome ?? leader.final?.outcome;
  if (outcome) return STATE_AFTER[outcome];
  const stage = status?.stage ?? leader.status?.stage;
  if (stage === undefined) return 'starting';
  const isLeaving = leader.noticeAt !== null || status?.stopping != null || final?.notice != null;
  return stage === 'train' && isLeaving ? 'saving' : STATE_OF_STAGE[stage];
}

const STATE_OF_STAGE: Record<Stage, SessionState> = {
  boot: 'starting',
  image: 'staging',
  code: 'staging',
  data: 'staging',
  wait: 'staging',
  resume: 'staging',
  train: 'training',
  upload: 'uploading',
  done: 'finishing',
};

/** The node has said its last word; the record hears of it in a moment. */
const STATE_AFTER: Record<NodeOutcome, SessionState> = {
  succeeded: 'finishing',
  failed: 'finishing',
  interrupted: 'launching',
  stopped: 'stopping',
};

/** How an attempt's seconds were spent, by its leader's own word, and what of its cost was wasted. */
import type { Stage, StageTiming } from '../node/node-status';
import { attemptAfter, attemptBefore, hasTakenPart, leaderOf } from '../session/attempts';
import type { Attempt, Node, Session } from '../session/session';
import { ms, SECOND_MS } from '../time';
import { nodeCost } from './node-cost';

const SETUP_STAGES: readonly Stage[] = ['boot', 'image', 'code', 'data', 'resume'];
const BEFORE_TRAINING: readonly Stage[] = [...SETUP_STAGES, 'wait'];

/** null: the node never said. */
export interface AttemptTime {
  /** Until training began, but for waiting. */
  setupSeconds: number | null;
  /** For an older attempt to end, and from the end of the last stage to the end of the instance. */
  idleSeconds: number | null;
  trainSeconds: number | null;
  uploadSeconds: number | null;
  /** Of the attempt before, done again by this one. */
  recomputedSteps: number | null;
}

export interface Waste {
  setupUsd: number;
  idleUsd: number;
  recomputedUsd: number;
}

export function timeOf(session: Session, attempt: Attempt, untilMs: number): AttemptTime {
  const before = hasTakenPart(attempt) ? attemptBefore(session, attempt) : undefined;
  const leader = leaderOf(attempt);
  const stages = leader?.final?.stages ?? leader?.status?.stages ?? [];
  const recomputed = before === undefined ? 0 : recomputedSteps(before, attempt);
  if (leader === undefined || stages.length === 0) {
    return {
      setupSeconds: null,
      idleSeconds: null,
      trainSeconds: null,
      uploadSeconds: null,
      recomputedSteps: recomputed,
    };
  }
  const { seconds: lifeSeconds, endedAt } = nodeCost(session, leader, untilMs);
  const endMs = endedAt === null ? untilMs : ms(endedAt);
  const secondsIn = (wanted: readonly Stage[]) =>
    thousandth(
      sum(
        stages.filter(({ stage }) => wanted.includes(stage)),
        endMs,
      ),
    );
  // Booting begins at launch, before there is an agent to say so.
  const beforeAgent = Math.max(0, (ms(stages[0]?.startedAt ?? leader.launchedAt) - ms(leader.launchedAt)) / SECOND_MS);
  const told = sum(stages, endMs) + beforeAgent;
  return {
    setupSeconds: thousandth(secondsIn(SETUP_STAGES) + beforeAgent),
    idleSeconds: thousandth(secondsIn(['wait']) + Math.max(0, lifeSeconds - told)),
    trainSeconds: secondsIn(['train']),
    uploadSeconds: secondsIn(['upload']),
    recomputedSteps: recomputed,
  };
}

/** From the attempt's last word to the next one's first step on the way: null while there is none, or unknown. */
export function handOverSeconds(session: Session, attempt: Attempt): number | null {
  const next = hasTakenPart(attempt) ? attemptAfter(session, attempt) : undefined;
  const endedAt = leaderOf(attempt)?.final?.at;
  const leader = next && leaderOf(next);
  const stages = leader?.final?.stages ?? leader?.status?.stages ?? [];
  const beganAt = stages.find(({ stage }) => stage === 'train')?.startedAt;
  if (endedAt === undefined || beganAt === undefined) return null;
  return Math.max(0, thousandth((ms(beganAt) - ms(endedAt)) / SECOND_MS));
}

/** `attemptUsd`: what all of its nodes cost together, spread evenly over the leader's life. null: not known. */
export function wasteOf(attempt: Attempt, time: AttemptTime, attemptUsd: number, lifeSeconds: number): Waste | null {
  const { setupSeconds, idleSeconds, trainSeconds, recomputedSteps: recomputed } = time;
  if (setupSeconds === null || idleSeconds === null || lifeSeconds === 0) return null;
  const usdPerSecond = attemptUsd / lifeSeconds;
  const share = recomputedShare(attempt, recomputed);
  return {
    setupUsd: setupSeconds * usdPerSecond,
    idleUsd: idleSeconds * usdPerSecond,
    recomputedUsd: share * (trainSeconds ?? 0) * usdPerSecond,
  };
}

function sum(stages: readonly StageTiming[], endMs: number): number {
  return stages.reduce(
    (total, { startedAt, seconds }) => total + (seconds ?? Math.max(0, (endMs - ms(startedAt)) / SECOND_MS)),
    0,
  );
}

function thousandth(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** Of the steps that the attempt did itself. */
function recomputedShare(attempt: Attempt, recomputed: number | null): number {
  const leader = leaderOf(attempt);
  const reached = reachedStep(leader);
  const began = resumedFromOf(leader)?.step ?? 0;
  if (recomputed === null || recomputed === 0 || reached === null || reached <= began) return 0;
  return Math.min(1, recomputed / (reached - began));
}

const reachedStep = (node: Node | undefined) => node?.final?.progress.step ?? node?.status?.progress.step ?? null;
const resumedFromOf = (node: Node | undefined) => node?.final?.resumedFrom ?? node?.status?.resumedFrom ?? null;

/** Steps that the attempt before had reached, less those that this one began with. */
function recomputedSteps(before: Attempt, attempt: Attempt): number | null {
  const own = leaderOf(attempt);
  const reached = reachedStep(leaderOf(before));
  const stage = own?.final?.outcome == null ? own?.status?.stage : own.final.stage;
  if (stage !== undefined && BEFORE_TRAINING.includes(stage)) return 0;
  const hasReported = own?.final !== null || own?.status !== null;
  if (reached === null || own === undefined || !hasReported) return null;
  const resumedFrom = resumedFromOf(own);
  if (resumedFrom === null) return reached;
  return resumedFrom.step === null ? null : Math.max(0, reached - resumedFrom.step);
}

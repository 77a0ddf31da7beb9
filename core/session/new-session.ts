/** The record of a session that was just planned. */
import type { Plan } from '../plan/plan';
import { type Session, withTimeline } from './session';

export interface NewSession {
  plan: Plan;
  executionArn: string;
  resumed: Session | undefined;
  volumeUsdPerGibMonth: number | null;
}

export function newSession({ plan, executionArn, resumed, volumeUsdPerGibMonth }: NewSession): Session {
  const session: Session = {
    sessionId: plan.sessionId,
    version: 1,
    executionArn,
    createdAt: plan.plannedAt,
    job: plan.job,
    inheritedCandidates: resumed === undefined ? [] : candidatesOf(resumed),
    resultsUri: plan.resultsUri,
    attempts: [],
    stopRequest: null,
    outcome: null,
    notification: null,
    lease: null,
    volumeUsdPerGibMonth,
    spotPrices: {},
    cost: null,
    costsSettledAt: null,
    budgetLimit: null,
    alerts: {},
    emptyLookAt: null,
    releasedAt: null,
    timeline: [],
  };
  return withTimeline(
    session,
    plan.plannedAt,
    `Planned on ${plan.instanceTypes.map((t) => t.instanceType).join(', ')}`,
  );
}

/** Whose checkpoints may be resumed from: newest attempt first, then what that session had inherited itself. */
function candidatesOf({ attempts, inheritedCandidates }: Session): string[] {
  const own = [...attempts].reverse().flatMap(({ nodes }) => nodes.map(({ userId }) => userId));
  return [...own, ...inheritedCandidates];
}

/** One CreateFleet call, whole, as it is recorded before it is made. */
import { createHash } from 'node:crypto';
import { isAffordable } from '../plan/affordable';
import type { InstanceTypePlan, Plan } from '../plan/plan';
import type { LaunchPool, LaunchRequest, Market, Session } from '../session/session';
import { launchTags } from '../tags';
import { HOUR_MS, iso } from '../time';

export interface LaunchContext {
  plan: Plan;
  /** One per zone. */
  subnetIds: readonly string[];
  defaultTags: Readonly<Record<string, string>>;
  region: string;
  /** Milliseconds since the Unix epoch. */
  now: number;
}

/** A job without a time limit is taken for forgotten after this. */
const DEFAULT_LIFE_HOURS = 7 * 24;
/** Time for waiting, saving and uploading beyond the job's own limit. */
const LIFE_MARGIN_HOURS = 24;

/** Which call of a session this is. */
export interface LaunchTry {
  attempt: number;
  market: Market;
  /** Counts the calls of the attempt from 1. */
  tryNumber: number;
}

export function launchRequest(session: Session, which: LaunchTry, context: LaunchContext): LaunchRequest {
  const { sessionId, job } = session;
  const { plan, subnetIds, defaultTags, now } = context;
  const lifeHours = (job.limits.maxHours ?? DEFAULT_LIFE_HOURS) + LIFE_MARGIN_HOURS;
  return {
    clientToken: clientToken(sessionId, which),
    market: which.market,
    nodes: job.resources.nodes,
    volumeGiB: job.resources.volumeGiB,
    ...(job.resources.placementGroup === null ? {} : { placementGroup: job.resources.placementGroup }),
    pools: affordableTypes(session, plan, which.market).flatMap((type) =>
      subnetIds.map((subnetId) => pool(type, subnetId)),
    ),
    tags: launchTags({
      sessionId,
      attempt: which.attempt,
      job,
      expiresAt: iso(now + lifeHours * HOUR_MS),
      defaults: defaultTags,
    }),
  };
}

export function affordableTypes({ job }: Pick<Session, 'job'>, plan: Plan, market: Market): InstanceTypePlan[] {
  return plan.instanceTypes.filter((type) => isAffordable(job, type, market));
}

function pool({ instanceType, amiId, rootDeviceName, volumeGiB }: InstanceTypePlan, subnetId: string): LaunchPool {
  return { instanceType, subnetId, amiId, rootDeviceName, volumeGiB };
}

/** 64 characters, the most that EC2 takes. */
export function clientToken(sessionId: string, { attempt, market, tryNumber }: LaunchTry): string {
  return createHash('sha256').update([sessionId, attempt, market, tryNumber].join('\n')).digest('hex');
}

/** The job with which a session that has ended goes on: the same, with what is left of its limits. */

import { receiptOf } from '../costs/receipt';
import { usedMs } from '../decide/limits';
import { RunctlError } from '../errors';
import type { JobSpec } from '../job/job-spec';
import type { Session } from '../session/session';
import { HOUR_MS } from '../time';

export interface ResumeOptions {
  /** More than what is left. */
  addUsd: number;
  addHours: number;
  /** Milliseconds since the Unix epoch. */
  now: number;
}

/** Less is not worth a launch. */
const LEAST_HOURS = 0.05;
const LEAST_USD = 0.01;

/**
 * Limits hold for one session: without this, each resume would begin with a full budget.
 * Throws InvalidJobSpec when nothing is left of a limit, or when the session cannot be resumed.
 */
export function resumeJob(session: Session, options: ResumeOptions): JobSpec {
  const { sessionId, job, outcome } = session;
  if (outcome === null) throw cannot(`${sessionId} has not ended: stop it first.`);
  if (outcome.result === 'succeeded') throw cannot(`${sessionId} succeeded: there is nothing to go on with.`);
  if (!outcome.resumable) throw cannot(`${sessionId} never trained (${outcome.error}): submit the job again.`);
  return { ...job, resumeFrom: sessionId, limits: { ...job.limits, ...limitsLeft(session, options) } };
}

function limitsLeft(session: Session, { addUsd, addHours, now }: ResumeOptions) {
  const { maxUsd, maxHours } = session.job.limits;
  const { total } = receiptOf(session, now);
  return {
    maxUsd:
      maxUsd === null ? null : left({ limit: maxUsd, used: total.knownUsd, add: addUsd, least: LEAST_USD, ...USD }),
    maxHours:
      maxHours === null
        ? null
        : left({
            limit: maxHours,
            used: usedMs(session, session.attempts) / HOUR_MS,
            add: addHours,
            least: LEAST_HOURS,
            ...HOURS,
          }),
  };
}

const USD = { what: 'limits.maxUsd', show: (usd: number) => `$${usd.toFixed(2)}`, flag: '--add-usd' };
const HOURS = { what: 'limits.maxHours', show: (hours: number) => `${hours.toFixed(2)} h`, flag: '--add-hours' };

interface Left {
  limit: number;
  used: number;
  add: number;
  least: number;
  what: string;
  show: (amount: number) => string;
  flag: string;
}

function left({ limit, used, add, least, what, show, flag }: Left): number {
  const remaining = Math.max(0, limit - used) + add;
  if (remaining >= least) return Math.round(remaining * 1e4) / 1e4;
  throw cannot(`${show(used)} of ${what} (${show(limit)}) is used up. Say how much more it may take: ${flag} <amount>`);
}

function cannot(message: string): RunctlError {
  return new RunctlError('InvalidJobSpec', message);
}

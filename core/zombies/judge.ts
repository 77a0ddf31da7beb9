/**
 * Zombies: what is tagged as runctl's and accounted for by no session record, or outlives the time that it was launched
 * for. Two passes at least: one marks, a later one looks again and ends it. Pure.
 *
 * An instance whose record exists and whose time is not over is reconcile's. Records are written before the first launch
 * (plan-job), so that no launch that is going on lacks one. One that appears after the mark takes the mark away.
 */
import { isOlderThan, iso, MINUTE_MS, ms } from '../time';
import { type BilledResource, expiresAtOf, hasEnded, isOurs, isProtected, STANDING_STATES } from './resource';

export interface ReapSettings {
  /** Younger ones are left alone: EC2 and DynamoDB may not show everything at once. */
  minAgeMinutes: number;
  /** Find and report, end nothing. */
  isDryRun: boolean;
  /** Of this stack's records. */
  tableName: string;
}

export type ZombieReason = 'no-record' | 'expired';
/** What will become of it. */
export type ZombiePlan = 'reap' | 'protected' | 'dry-run';
/** How it was over: ended by the reaper, by somebody else, or no zombie any more. */
export type ZombieEnd = 'reaped' | 'ended' | 'accounted-for' | 'not-ours' | 'in-use';

/** What is kept of a zombie between passes. Derived: without it, the zombie is found and marked anew. */
export interface ZombieMark {
  resource: BilledResource;
  reason: ZombieReason;
  plan: ZombiePlan;
  /** The pass that made the mark as it stands, and when. ISO 8601, as all times. */
  passId: string;
  markedAt: string;
  /** When it was seen first, whatever was planned then. */
  foundAt: string;
  /** When its finding was published; null: not yet, or not known. */
  toldAt: string | null;
  /** When its end was asked for first. */
  requestedAt: string | null;
  /** Seen to be over, and by which pass; the mark goes once that was published. */
  end: { how: ZombieEnd; passId: string; at: string } | null;
}

/** One run of the reaper. `now` is in milliseconds since the Unix epoch. */
export interface Pass {
  passId: string;
  now: number;
  settings: ReapSettings;
}

/** Least time from mark to end, whatever the schedule. */
const APART_MS = 5 * MINUTE_MS;
/** When nobody can be told, this long is enough: a forgotten GPU costs more than a late message. */
const UNTOLD_MS = 60 * MINUTE_MS;

/** Why it is a zombie; null: it is none. */
export function suspect(resource: BilledResource, isRecorded: boolean, { settings, now }: Pass): ZombieReason | null {
  const { tableName, minAgeMinutes } = settings;
  const isStanding = STANDING_STATES[resource.kind].includes(resource.state);
  if (!isOurs(resource, tableName) || !isStanding) return null;
  if (!isOlderThan(resource.createdAt, minAgeMinutes * MINUTE_MS, now)) return null;
  if (!isRecorded) return 'no-record';
  const expiresAt = expiresAtOf(resource);
  return expiresAt !== null && isOlderThan(expiresAt, 0, now) ? 'expired' : null;
}

export function newMark(resource: BilledResource, reason: ZombieReason, pass: Pass): ZombieMark {
  const at = iso(pass.now);
  return {
    resource,
    reason,
    plan: planFor(resource, pass.settings),
    passId: pass.passId,
    markedAt: at,
    foundAt: at,
    toldAt: null,
    requestedAt: null,
    end: null,
  };
}

function planFor(resource: BilledResource, { isDryRun }: ReapSettings): ZombiePlan {
  if (isProtected(resource)) return 'protected';
  return isDryRun ? 'dry-run' : 'reap';
}

/** What to do about a marked resource; `mark` is as it shall be kept. */
export interface ZombieStep {
  kind: 'wait' | 'renew' | 'reap' | 'over';
  mark: ZombieMark;
}

/** `seen` is the resource as a look made in this pass shows it; undefined: EC2 no longer knows it. */
export function judgeMarked(
  mark: ZombieMark,
  seen: BilledResource | undefined,
  isRecorded: boolean,
  pass: Pass,
): ZombieStep {
  if (mark.end !== null) return { kind: 'over', mark };
  const at = iso(pass.now);
  const current = { ...mark, resource: seen ?? mark.resource };
  const how = endOf(mark, seen, isRecorded, pass);
  if (how !== null) return { kind: 'over', mark: { ...current, end: { how, passId: pass.passId, at } } };
  if (current.resource.state === 'shutting-down') return { kind: 'wait', mark: current };
  const plan = planFor(current.resource, pass.settings);
  // People are told of the new plan, and get the same time to act on it. A mark from the future is a clock's fault.
  if (plan !== mark.plan || ms(mark.markedAt) > pass.now) {
    return {
      kind: 'renew',
      mark: { ...newMark(current.resource, mark.reason, pass), foundAt: earlier(mark.foundAt, at) },
    };
  }
  if (plan !== 'reap' || !isRipe(mark, pass)) return { kind: 'wait', mark: current };
  return { kind: 'reap', mark: { ...current, requestedAt: mark.requestedAt ?? at } };
}

const earlier = (a: string, b: string) => (a < b ? a : b);

/** Never in the pass that marked it, however far a clock jumps meanwhile. */
function isRipe({ passId, markedAt, toldAt }: ZombieMark, pass: Pass): boolean {
  if (passId === pass.passId || !isOlderThan(markedAt, APART_MS, pass.now)) return false;
  return toldAt !== null || isOlderThan(markedAt, UNTOLD_MS, pass.now);
}

function endOf(
  { requestedAt }: ZombieMark,
  seen: BilledResource | undefined,
  isRecorded: boolean,
  pass: Pass,
): ZombieEnd | null {
  if (seen === undefined || hasEnded(seen)) return requestedAt === null ? 'ended' : 'reaped';
  if (seen.state === 'shutting-down') return null;
  if (!isOurs(seen, pass.settings.tableName)) return 'not-ours';
  if (!STANDING_STATES[seen.kind].includes(seen.state)) return 'in-use';
  // Once found, its age is not asked again: the setting may have been raised.
  const always = { ...pass, settings: { ...pass.settings, minAgeMinutes: Number.NEGATIVE_INFINITY } };
  return suspect(seen, isRecorded, always) === null ? 'accounted-for' : null;
}

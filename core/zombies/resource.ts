/** What EC2 bills and runctl made, or somebody with runctl's tags. Ownership is in the tags, all of them untrusted. */
import type { Market } from '../session/session';
import { CREATED_BY, TAG } from '../tags';

interface Billed {
  resourceId: string;
  zone: string;
  /** As EC2 names it. */
  state: string;
  /** ISO 8601: launch of an instance, creation of a volume. */
  createdAt: string;
  tags: Readonly<Record<string, string>>;
}

export interface BilledInstance extends Billed {
  kind: 'instance';
  instanceType: string;
  market: Market;
}

export interface BilledVolume extends Billed {
  kind: 'volume';
  volumeType: string;
  sizeGiB: number;
}

export type BilledResource = BilledInstance | BilledVolume;
export type ResourceKind = BilledResource['kind'];

/** States in which it is on the bill and nobody has begun to end it; a volume that is attached goes with its instance. */
export const STANDING_STATES: Readonly<Record<ResourceKind, readonly string[]>> = {
  instance: ['pending', 'running', 'stopping', 'stopped'],
  volume: ['available'],
};

const ENDED_STATES = ['terminated', 'deleting', 'deleted'];

/** Off the bill, for good. */
export const hasEnded = ({ state }: BilledResource): boolean => ENDED_STATES.includes(state);

/**
 * Made by runctl, and by a stack whose records are in this table: stacks that share an account must leave each other's
 * instances alone. Without the table's name it belongs to whoever finds it.
 */
export function isOurs({ tags }: BilledResource, tableName: string): boolean {
  return tags[TAG.createdBy] === CREATED_BY && (tags[TAG.table] ?? tableName) === tableName;
}

export const isProtected = ({ tags }: BilledResource): boolean => tags[TAG.protected]?.toLowerCase() === 'true';
export const sessionIdOf = ({ tags }: BilledResource): string | null => tags[TAG.sessionId] ?? null;
export const expiresAtOf = ({ tags }: BilledResource): string | null => tags[TAG.expiresAt] ?? null;

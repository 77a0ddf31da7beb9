/**
 * No instance of a session that has ended lives longer than 15 minutes while the control plane is up. An instance that a
 * control plane in trouble left behind ends by itself, within its lease and the time to save, or by its dead-man timer.
 */
import { LEASE_MINUTES } from '../../core/node/lease';
import type { World } from '../world';
import type { Broken, Invariant } from './invariant';

const MINUTE_MS = 60_000;
const UP_MS = 15 * MINUTE_MS;
/** Grace, last upload, the agent's own patience with it, and the operating system's way down. */
const DRAIN_MS = 40 * MINUTE_MS;
const LOOK_EVERY_MS = MINUTE_MS;

export function nothingOutlivesItsSession(): Invariant {
  const endedAtMs = new Map<string, number>();
  /** How long the control plane was up since then. */
  const upMs = new Map<string, number>();
  let lookedAtMs = 0;

  const judge = (world: World, sessionId: string, elapsedMs: number): Broken | undefined => {
    const ended = endedAtMs.get(sessionId);
    if (ended === undefined) return undefined;
    if (!world.outages.isControlPlaneDown) upMs.set(sessionId, (upMs.get(sessionId) ?? 0) + elapsedMs);
    const left = world.liveInstances(sessionId);
    const [first] = left;
    if (first === undefined) return undefined;
    if ((upMs.get(sessionId) ?? 0) > UP_MS) {
      return { sessionId, what: `${first} still lives, 15 minutes after its session ended with the control plane up.` };
    }
    const hasHost = world.hosts.get(first)?.isOff === false;
    if (!hasHost || world.nowMs - ended <= LEASE_MINUTES * MINUTE_MS + DRAIN_MS) return undefined;
    return { sessionId, what: `${first} has outlived its session by more than its lease and the time to save.` };
  };

  return {
    name: 'nothing outlives its session',
    see(happening, world) {
      if (happening.kind !== 'record' || happening.session.outcome === null) return undefined;
      const { sessionId } = happening.session;
      if (!endedAtMs.has(sessionId)) endedAtMs.set(sessionId, world.nowMs);
      return undefined;
    },
    check(world) {
      const elapsedMs = world.nowMs - lookedAtMs;
      if (elapsedMs < LOOK_EVERY_MS) return undefined;
      lookedAtMs = world.nowMs;
      for (const sessionId of endedAtMs.keys()) {
        const broken = judge(world, sessionId, Math.min(elapsedMs, 2 * LOOK_EVERY_MS));
        if (broken) return broken;
      }
      return undefined;
    },
    atEnd(world) {
      for (const sessionId of world.scenarios.keys()) {
        const [first] = world.liveInstances(sessionId);
        if (first !== undefined) return { sessionId, what: `${first} is left.` };
      }
      return undefined;
    },
  };
}

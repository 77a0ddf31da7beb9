/**
 * A limit in dollars is overshot by two minutes' price at most, and by what nobody could know when the order to stop was
 * given: that S3 takes longer for the last upload than for the one before, or is away; that the price rises before it is
 * asked for again; that the control plane goes away before it has started the agent of a machine, which then obeys nothing
 * but its dead-man timer.
 */
import { DEAD_MAN_SECONDS } from '../../agent/dead-man';
import { currentAttempt } from '../../core/session/attempts';
import type { Attempt, Session } from '../../core/session/session';
import type { BilledInstance } from '../bill';
import { type Fate, NETWORK_LOST_MS } from '../hosts/model-hosts';
import type { Happening } from '../observer';
import type { World } from '../world';
import { hourlyUsd, sumOf } from './costs-are-true';
import type { Invariant } from './invariant';
import { isTrouble } from './trouble';

const HOUR_MS = 3_600_000;
const OVERSHOOT_MS = 2 * 60_000;
/** Prices are asked for every five minutes, by a pass that may be lost, and the lease follows within a minute. */
const PRICES_UNSEEN_MS = 12 * 60_000;
/** From its launch, with the time to boot. */
const DEAD_MAN_MS = (DEAD_MAN_SECONDS + 60) * 1000;
/** Of a machine on which nothing obeys any more. */
const DISOBEDIENT: readonly Fate[] = ['vanished', 'hung', 'neverRegisters'];

export function limitsHold(): Invariant {
  const disobedient = new Set<string>();
  const waysOut = new WaysOut();
  const problemOf = (world: World, session: Session): string | undefined => {
    const { maxUsd } = session.job.limits;
    const instances = world.instancesOf([session.sessionId]).flatMap((id) => world.bill.of(id) ?? []);
    const isObeyed = instances.every(
      ({ instanceId }) => !disobedient.has(instanceId) && world.hosts.get(instanceId)?.isSlowToStop !== true,
    );
    if (maxUsd === null || session.cost === null || !isObeyed) return undefined;
    const { storage, controlPlane } = session.cost.lines;
    const spent = sumOf(world, instances) + storage + controlPlane;
    const isLast = ({ number }: Attempt) => number >= (currentAttempt(session)?.number ?? 0);
    const lastIds = session.attempts.filter(isLast).flatMap(({ nodes }) => nodes.map(({ instanceId }) => instanceId));
    const last = instances.filter(({ instanceId }) => lastIds.includes(instanceId));
    const unforeseeable = risesUsd(world, last) + disobedienceUsd(world, instances, waysOut);
    const mayBe = maxUsd + hours(OVERSHOOT_MS) * hourlyUsd(last) + unforeseeable;
    if (spent <= mayBe) return undefined;
    return `It cost $${spent.toFixed(4)}, where $${maxUsd.toFixed(4)} was its limit, and $${mayBe.toFixed(4)} may be.`;
  };
  return {
    name: 'limits hold',
    see(happening, world) {
      if (happening.kind === 'misfortune' && DISOBEDIENT.includes(happening.fate))
        disobedient.add(happening.instanceId);
      waysOut.see(happening, world.nowMs);
      return undefined;
    },
    atEnd(world) {
      for (const session of world.sessions.values()) {
        const what = problemOf(world, session);
        if (what !== undefined) return { sessionId: session.sessionId, what };
      }
      return undefined;
    },
  };
}

const hours = (durationMs: number) => durationMs / HOUR_MS;

function risesUsd(world: World, last: readonly BilledInstance[]): number {
  const unseenMs = PRICES_UNSEEN_MS + world.outages.longestMs;
  return last.reduce((sum, billed) => sum + hours(unseenMs) * world.bill.riseOf(billed), 0);
}

function disobedienceUsd(world: World, instances: readonly BilledInstance[], waysOut: WaysOut): number {
  return instances.reduce((sum, billed) => {
    const awayMs = isUnstarted(world, billed) ? Math.min(world.outages.longestMs, DEAD_MAN_MS) : 0;
    return sum + hours(waysOut.troubledMs(billed, world.nowMs) + awayMs) * hourlyUsd([billed]);
  }, 0);
}

const isUnstarted = (world: World, { instanceId }: BilledInstance) => world.hosts.get(instanceId)?.hasAgent === false;

/** From the end of training to that of the machine, and until when S3 gave it trouble. */
class WaysOut {
  readonly #beganAtMs = new Map<string, number>();
  readonly #troubledUntilMs = new Map<string, number>();

  see(happening: Happening, nowMs: number): void {
    switch (happening.kind) {
      case 'training':
        if (happening.change.kind === 'ends') this.#beganAtMs.set(happening.change.training.options.instanceId, nowMs);
        break;
      case 'trouble':
        this.#trouble(happening.instanceId, nowMs + happening.lastsMs);
        break;
      case 'misfortune':
        if (happening.fate === 'networkLost') this.#trouble(happening.instanceId, nowMs + NETWORK_LOST_MS);
        break;
      case 'request':
        if (isTrouble(happening)) this.#trouble(happening.call.by, nowMs);
        break;
      default:
    }
  }

  /** The whole way out, when S3 gave trouble on it; else 0. */
  troubledMs({ instanceId, endedAtMs }: BilledInstance, nowMs: number): number {
    const beganAtMs = this.#beganAtMs.get(instanceId);
    const isTroubled = beganAtMs !== undefined && (this.#troubledUntilMs.get(instanceId) ?? 0) > beganAtMs;
    return isTroubled ? Math.max(0, (endedAtMs ?? nowMs) - beganAtMs) : 0;
  }

  #trouble(instanceId: string, untilMs: number): void {
    this.#troubledUntilMs.set(instanceId, Math.max(untilMs, this.#troubledUntilMs.get(instanceId) ?? 0));
  }
}

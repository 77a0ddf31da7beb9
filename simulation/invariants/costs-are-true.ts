/** What a session is said to have cost is what its machines cost, to the cent; and a limit in dollars holds. */
import type { Receipt } from '../../core/costs/receipt';
import { receiptKey } from '../../core/s3-layout';
import { type Attempt, currentAttempt, type Session } from '../../core/session/session';
import type { BilledInstance } from '../bill';
import type { Fate } from '../hosts/model-hosts';
import type { World } from '../world';
import type { Invariant } from './invariant';

/** A tenth of a cent: seconds are rounded. */
const ROUNDING_USD = 0.001;
const HOUR_MS = 3_600_000;
/** EC2 does not say when a machine powered off by itself: its end is when it was first seen. */
const UNSEEN_MS = 2 * 60_000;
/** A limit in dollars is overshot by the price of so long at most. */
const OVERSHOOT_MS = 2 * 60_000;
/** Of a machine on which nothing obeys any more. */
const DISOBEDIENT: readonly Fate[] = ['vanished', 'hung', 'neverRegisters'];

export function costsAreTrue(): Invariant {
  const disobedient = new Set<string>();
  return {
    name: 'costs are true',
    see(happening) {
      if (happening.kind === 'misfortune' && DISOBEDIENT.includes(happening.fate))
        disobedient.add(happening.instanceId);
      return undefined;
    },
    atEnd(world) {
      for (const session of world.sessions.values()) {
        const instances = world.instancesOf([session.sessionId]).flatMap((id) => world.bill.of(id) ?? []);
        const obey = instances.every(
          ({ instanceId }) => !disobedient.has(instanceId) && world.hosts.get(instanceId)?.isSlowToStop !== true,
        );
        const what = problemOf(world, session, instances) ?? (obey ? overshoot(world, session, instances) : undefined);
        if (what !== undefined) return { sessionId: session.sessionId, what };
      }
      return undefined;
    },
  };
}

function problemOf(world: World, session: Session, instances: readonly BilledInstance[]): string | undefined {
  const { cost, sessionId } = session;
  if (cost === null) return instances.length === 0 ? undefined : 'Nothing is known of its costs.';
  const receipt = receiptOf(world, sessionId);
  if (receipt === undefined) return 'It has no receipt.';
  if (!receipt.isFinal) return 'Its receipt is not final.';
  const { instances: machines, volumes, publicAddresses } = receipt.total.lines;
  if (machines === null || volumes === null || publicAddresses === null) return 'A part of its costs is unknown.';
  const computed = machines + volumes + publicAddresses;
  const incurred = sumOf(world, instances);
  const mayDiffer = ROUNDING_USD + unseenUsd(world, instances);
  if (Math.abs(computed - incurred) <= mayDiffer) return undefined;
  return `It cost $${incurred.toFixed(4)}, and its receipt says $${computed.toFixed(4)}.`;
}

/** Of what the record cannot know: when machines ended by themselves, and those that EC2 took back before it named them. */
function unseenUsd(world: World, instances: readonly BilledInstance[]): number {
  const unnamed = instances.filter(({ instanceId }) => world.isLeftOut(instanceId));
  const unseenMs = UNSEEN_MS + world.outages.longestMs;
  const byThemselves = hourlyUsd(instances.filter(({ endedByItself }) => endedByItself));
  return sumOf(world, unnamed) + (byThemselves * unseenMs) / HOUR_MS;
}

/** Each at its dearest. */
function hourlyUsd(instances: readonly BilledInstance[]): number {
  return instances.reduce((sum, { onDemandUsdPerHour }) => sum + onDemandUsdPerHour, 0);
}

function overshoot(world: World, session: Session, instances: readonly BilledInstance[]): string | undefined {
  const { maxUsd } = session.job.limits;
  if (maxUsd === null || session.cost === null) return undefined;
  const { storage, controlPlane } = session.cost.lines;
  const spent = sumOf(world, instances) + storage + controlPlane;
  const isLast = ({ number }: Attempt) => number >= (currentAttempt(session)?.number ?? 0);
  const last = session.attempts.filter(isLast).flatMap(({ nodes }) => nodes.map(({ instanceId }) => instanceId));
  const rate = hourlyUsd(instances.filter(({ instanceId }) => last.includes(instanceId)));
  if (spent <= maxUsd + (rate * OVERSHOOT_MS) / HOUR_MS) return undefined;
  return `It cost $${spent.toFixed(4)}, where $${maxUsd.toFixed(4)} was its limit.`;
}

const sumOf = (world: World, instances: readonly BilledInstance[]) =>
  instances.reduce((sum, billed) => sum + world.bill.usdOf(billed), 0);

function receiptOf(world: World, sessionId: string): Receipt | undefined {
  const body = world.s3.objects(world.output('BucketName')).get(receiptKey(sessionId))?.body;
  return body === undefined ? undefined : (JSON.parse(body.toString()) as Receipt);
}

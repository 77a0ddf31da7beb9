/** What a session is said to have cost is what its machines cost, to the cent. */
import type { Receipt } from '../../core/costs/receipt';
import { receiptKey } from '../../core/s3-layout';
import type { Session } from '../../core/session/session';
import { type BilledInstance, mostUsdPerHour } from '../bill';
import type { World } from '../world';
import type { Invariant } from './invariant';
import { Passes } from './passes';

/** A tenth of a cent: seconds are rounded. */
const ROUNDING_USD = 0.001;
const HOUR_MS = 3_600_000;
/** EC2 does not say when a machine powered off by itself: its end is when a pass first saw it. */
const UNSEEN_MS = 2 * 60_000;

export function costsAreTrue(): Invariant {
  const passes = new Passes();
  return {
    name: 'costs are true',
    see(happening, world) {
      passes.see(happening, world.nowMs);
      return undefined;
    },
    atEnd(world) {
      for (const session of world.sessions.values()) {
        const instances = world.instancesOf([session.sessionId]).flatMap((id) => world.bill.of(id) ?? []);
        const unseenMs = UNSEEN_MS + Math.max(world.outages.longestMs, passes.longestGapMs(world.nowMs));
        const what = problemOf(world, { session, instances, unseenMs });
        if (what !== undefined) return { sessionId: session.sessionId, what };
      }
      return undefined;
    },
  };
}

interface Bills {
  session: Session;
  instances: readonly BilledInstance[];
  /** For how long nobody may have seen that a machine had ended. */
  unseenMs: number;
}

function problemOf(world: World, bills: Bills): string | undefined {
  const { session, instances } = bills;
  const { cost, sessionId } = session;
  if (cost === null) return instances.length === 0 ? undefined : 'Nothing is known of its costs.';
  const receipt = receiptOf(world, sessionId);
  if (receipt === undefined) return 'It has no receipt.';
  if (!receipt.isFinal) return 'Its receipt is not final.';
  const { instances: machines, volumes, publicAddresses } = receipt.total.lines;
  if (machines === null || volumes === null || publicAddresses === null) return 'A part of its costs is unknown.';
  const computed = machines + volumes + publicAddresses;
  const incurred = sumOf(world, instances);
  const mayDiffer = ROUNDING_USD + unseenUsd(world, bills);
  if (Math.abs(computed - incurred) <= mayDiffer) return undefined;
  return `It cost $${incurred.toFixed(4)}, and its receipt says $${computed.toFixed(4)}.`;
}

/** Of what the record cannot know: when machines ended by themselves, and those that EC2 took back before it named them. */
function unseenUsd(world: World, { instances, unseenMs }: Bills): number {
  const unnamed = instances.filter(({ instanceId }) => world.isLeftOut(instanceId));
  const byThemselves = hourlyUsd(instances.filter(({ endedByItself }) => endedByItself));
  return sumOf(world, unnamed) + (byThemselves * unseenMs) / HOUR_MS;
}

/** Each at its dearest. */
export function hourlyUsd(instances: readonly BilledInstance[]): number {
  return instances.reduce((sum, billed) => sum + mostUsdPerHour(billed), 0);
}

export const sumOf = (world: World, instances: readonly BilledInstance[]) =>
  instances.reduce((sum, billed) => sum + world.bill.usdOf(billed), 0);

function receiptOf(world: World, sessionId: string): Receipt | undefined {
  const body = world.s3.objects(world.output('BucketName')).get(receiptKey(sessionId))?.body;
  return body === undefined ? undefined : (JSON.parse(body.toString()) as Receipt);
}

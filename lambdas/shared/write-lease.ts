import { type Lease, leaseSchema } from '../../core/node/lease';
import type { Clock, ObjectStore, SessionStore } from '../../core/ports';
import { leaseKey } from '../../core/s3-layout';
import { iso } from '../../core/time';

interface Deps {
  sessions: Pick<SessionStore, 'get'>;
  objects: Pick<ObjectStore, 'put'>;
  clock: Clock;
}

/** Others may decide anew while this one writes. */
const REWRITES = 3;

/**
 * Writes the lease. Two deciders may write at once and the slower one must not leave its older orders behind: whoever
 * has written looks whether the record still says the same, and if not, writes what the record says.
 */
export async function writeLease({ sessions, objects, clock }: Deps, lease: Lease): Promise<void> {
  let current = lease;
  for (let write = 0; write <= REWRITES; write++) {
    await objects.put(leaseKey(lease.sessionId), JSON.stringify(current));
    const recorded = (await sessions.get(lease.sessionId))?.lease?.orders;
    if (recorded === undefined || recorded === JSON.stringify(current.orders)) return;
    current = leaseSchema.parse({ ...lease, renewedAt: iso(clock.now()), orders: JSON.parse(recorded) });
  }
}

/**
 * The end of a session, good or bad: records its outcome, terminates its instances by record and by tag, writes the
 * receipt. Needs nothing but the execution and what was caught; idempotent. That all are gone is confirmed by
 * reconcile, which goes on terminating until two looks find nothing.
 */
import { endSession } from '../../core/decide/ending';
import { factsOfLook } from '../../core/decide/node-facts';
import type { Fleet } from '../../core/ports';
import { type AdvanceDeps, advanceSession } from '../shared/advance-session';
import { completeLook } from '../shared/complete-look';
import { endInputSchema, parseInput } from '../shared/parse-input';
import { writeReceipt } from '../shared/write-receipt';

export interface ReleaseNodesDeps extends AdvanceDeps {
  fleet: Pick<Fleet, 'terminate' | 'look' | 'find'>;
}

export interface ReleaseNodesOutput {
  instances: number;
  /** How the session ended, in words, with how to resume it; null when it never had a record. */
  message: string | null;
}

export async function releaseNodes(event: unknown, deps: ReleaseNodesDeps): Promise<ReleaseNodesOutput> {
  const { sessionId, executionArn, failure } = parseInput(endInputSchema, event);
  const { sessions, clock, fleet, log } = deps;
  const known = await sessions.get(sessionId);
  if (known === undefined || known.executionArn !== executionArn) {
    // Refused before it had a record: nothing was launched, and a session of the same name is somebody else's.
    log.info('Nothing to release', { sessionId });
    return { instances: 0, message: null };
  }
  const looks = await completeLook(fleet, known, await fleet.look(sessionId));
  const facts = factsOfLook(known, looks);
  const session = await advanceSession(deps, sessionId, facts, (before) => endSession(before, failure, clock.now()));
  const receipt = await writeReceipt(deps, session);
  log.info('Session ended', { sessionId, outcome: session.outcome, instances: looks.length, receipt });
  return { instances: looks.length, message: session.outcome?.message ?? null };
}

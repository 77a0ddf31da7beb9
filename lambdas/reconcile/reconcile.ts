/**
 * The level-triggered twin of handle-event: looks at everything there is and moves every open session on through the
 * same decision, so that nothing depends on an event having arrived. One pass a minute; passes never overlap. One that
 * runs out of time goes on where it stopped, so that no session waits behind the same others for ever.
 */
import { RunctlError } from '../../core/errors';
import type { Cursors, Executions, Fleet, Lock, Presence } from '../../core/ports';
import type { Session } from '../../core/session/session';
import { type AdvanceDeps, advanceSession } from '../shared/advance-session';
import { inParallel } from '../shared/in-parallel';
import { errorFields } from '../shared/log';
import { writeReceipt } from '../shared/write-receipt';
import { checkHealth } from './check-health';
import { groupBySession, type Look, observeSession } from './observe-session';

export interface ReconcileDeps extends AdvanceDeps {
  fleet: Fleet;
  presence: Presence;
  executions: Executions;
  lock: Lock;
  cursors: Cursors;
  /** Milliseconds since the Unix epoch: no session is begun after it. */
  deadlineMs: number;
  /** Unique to this invocation. */
  holder: string;
  count: (metric: string) => void;
}

const PASS = 'reconcile';
/** At least the function's own time-out: a pass that died frees it by then. */
export const LOCK_SECONDS = 300;
const SESSIONS_AT_ONCE = 16;

/** Throws one error at the end when some sessions failed; the others have been moved on. */
export async function reconcile(deps: ReconcileDeps): Promise<{ sessions: number }> {
  const { lock, holder, log } = deps;
  if (!(await lock.acquire(PASS, holder, LOCK_SECONDS))) {
    log.info('Another pass is still going on', {});
    return { sessions: 0 };
  }
  try {
    return await pass(deps);
  } finally {
    await lock.release(PASS, holder);
  }
}

async function pass(deps: ReconcileDeps): Promise<{ sessions: number }> {
  const [looks, running] = await Promise.all([deps.fleet.look(), deps.executions.running()]);
  const open = new Map<string, Session>();
  for await (const session of deps.sessions.openSessions()) open.set(session.sessionId, session);
  const health = await checkHealth(deps, open.values(), deps.clock.now());
  const look: Look = { bySession: groupBySession(looks), running, health };

  const failed = await advanceAll(deps, [...open.values()], look);
  const closedIds = [...look.bySession.keys()].filter((id) => !open.has(id));
  const leftOver = await inParallel(closedIds, SESSIONS_AT_ONCE, (id) => terminateLeftOvers(deps, id, look));
  report(deps, [
    ...failed.map(({ item, error }) => ({ sessionId: item.sessionId, error })),
    ...leftOver.map(({ item, error }) => ({ sessionId: item, error })),
  ]);
  return { sessions: open.size };
}

async function advanceAll(deps: ReconcileDeps, open: Session[], look: Look) {
  if (open.length === 0) return [];
  const { clock, cursors, deadlineMs, log } = deps;
  const began = await cursors.get(PASS);
  const isBefore = ({ sessionId }: Session) => began !== null && sessionId < began;
  const inOrder = open.toSorted((a, b) => (a.sessionId < b.sessionId ? -1 : 1));
  const queue = [...inOrder.filter((session) => !isBefore(session)), ...inOrder.filter(isBefore)];
  const waiting: string[] = [];
  const failed = await inParallel(queue, SESSIONS_AT_ONCE, async (session) => {
    if (clock.now() < deadlineMs) await advance(deps, session, look);
    else waiting.push(session.sessionId);
  });
  const [next = null] = waiting;
  if (next !== null) log.warn('Out of time: the next pass begins with the sessions left', { left: waiting.length });
  if (next !== began) await cursors.set(PASS, next);
  return failed;
}

async function advance(deps: ReconcileDeps, before: Session, look: Look): Promise<void> {
  const facts = await observeSession(deps, before, look);
  const after = await advanceSession(deps, before.sessionId, facts);
  // Not at its release: track-costs writes the last one then, and a slow write here would take its place.
  if (after.outcome !== null && before.outcome === null) await writeReceipt(deps, after);
}

/** Instances whose session is closed, or that no record knows of: the latter are not reconcile's to judge. */
async function terminateLeftOvers(deps: ReconcileDeps, sessionId: string, { bySession }: Look): Promise<void> {
  const live = (bySession.get(sessionId) ?? []).filter(({ state }) => state === 'pending' || state === 'running');
  if (live.length === 0) return;
  const instanceIds = live.map(({ instanceId }) => instanceId);
  const session = await deps.sessions.get(sessionId);
  if (session === undefined) {
    deps.log.warn('Instances without a record', { sessionId, instanceIds });
    return;
  }
  if (session.releasedAt === null) return;
  deps.log.warn('Instances of a closed session are terminated', { sessionId, instanceIds });
  await deps.fleet.terminate(instanceIds);
}

function report({ log, count }: ReconcileDeps, failures: readonly { sessionId: string; error: unknown }[]): void {
  for (const { sessionId, error } of failures) {
    count('ReconcileFailures');
    log.error('A session could not be reconciled', { sessionId, ...errorFields(error) });
  }
  if (failures.length === 0) return;
  throw new RunctlError('AwsUnavailable', `${failures.length} session(s) could not be reconciled; see the log.`, {
    cause: failures[0]?.error,
  });
}

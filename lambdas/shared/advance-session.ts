/**
 * The one way by which events, functions and reconcile move a session on:
 * load → decide → save the intents → act → record what came of it.
 * An action that failed stays an intent without an outcome, which reconcile acts on again; the error is thrown on after
 * the other actions were tried.
 */

import { type Decision, decide, recordDone } from '../../core/decide';
import { type Action, describeAction } from '../../core/decide/actions';
import type { Facts } from '../../core/decide/facts';
import type { ActionResult } from '../../core/decide/record-done';
import { finishedNotification } from '../../core/notifications';
import type { Clock, Fleet, Notifier, ObjectStore, Replacements, SessionStore, TaskCallback } from '../../core/ports';
import { currentAttempt } from '../../core/session/attempts';
import type { Session } from '../../core/session/session';
import { errorFields, type Log } from './log';
import { changeSession, updateSession } from './update-session';
import { writeLease } from './write-lease';

export interface AdvanceDeps {
  sessions: SessionStore;
  objects: ObjectStore;
  fleet: Pick<Fleet, 'terminate'>;
  tasks: TaskCallback;
  notifier: Notifier;
  /** Absent in functions that state machines call: these cannot know the state machines. */
  replacements?: Replacements;
  clock: Clock;
  bucket: string;
  log: Log;
}

/** A token may be exchanged for a new one while it is being answered: then the new one is answered. */
const ROUNDS = 3;

/**
 * `facts` must have been gathered before this call. `change` is made to the record before the decision, in the same
 * write. Returns the record as last written. Throws ConfigInvalid when there is none.
 */
export async function advanceSession(
  deps: AdvanceDeps,
  sessionId: string,
  facts: Facts,
  change: (session: Session) => Session = (session) => session,
): Promise<Session> {
  for (let round = 1; ; round++) {
    const { session, result: decision } = await changeSession(deps.sessions, sessionId, (before) => {
      const decided = decide(round === 1 ? change(before) : before, facts, deps.clock.now());
      return { session: decided.session, result: decided };
    });
    if (decision.actions.length === 0) return session;
    logDecision(deps.log, session, decision);
    const { done, failures } = await performAll(deps, session, decision.actions);
    const recorded = await record(deps, session, done);
    if (failures.length > 0) throw failures[0];
    if (round >= ROUNDS || !done.some(({ result }) => result === 'expired')) return recorded;
  }
}

interface Done {
  action: Action;
  result: ActionResult;
}

async function performAll(deps: AdvanceDeps, session: Session, actions: readonly Action[]) {
  const done: Done[] = [];
  const failures: unknown[] = [];
  for (const action of actions) {
    try {
      done.push({ action, result: await perform(deps, session, action) });
    } catch (error) {
      const { sessionId } = session;
      deps.log.error('An action failed', { sessionId, action: describeAction(action), ...errorFields(error) });
      // An alert waits for reconcile: training does not wait for SNS.
      if (action.kind !== 'alert') failures.push(error);
    }
  }
  return { done, failures };
}

async function perform(deps: AdvanceDeps, session: Session, action: Action): Promise<ActionResult> {
  switch (action.kind) {
    case 'completeTask': {
      const { token, result } = action;
      return 'error' in result
        ? deps.tasks.fail(token, result.error, result.cause)
        : deps.tasks.succeed(token, result.output);
    }
    case 'heartbeat':
      return deps.tasks.heartbeat(action.token);
    case 'terminate':
      await deps.fleet.terminate(action.instanceIds);
      return 'done';
    case 'writeLease':
      await writeLease(deps, action.lease);
      return 'done';
    case 'prepareReplacement':
      if (deps.replacements === undefined) return 'left';
      await deps.replacements.prepare({ sessionId: session.sessionId, attempt: action.attempt });
      return 'done';
    case 'alert':
      await deps.notifier.publish(action.notification);
      return 'done';
    case 'notifyFinished':
      await deps.notifier.publish(finishedNotification(session, deps.bucket, deps.clock.now()));
      return 'done';
  }
}

async function record(deps: AdvanceDeps, session: Session, done: readonly Done[]): Promise<Session> {
  if (done.length === 0) return session;
  const now = deps.clock.now();
  return updateSession(deps.sessions, session.sessionId, (before) =>
    done.reduce((sofar, { action, result }) => recordDone(sofar, action, result, now), before),
  );
}

function logDecision(log: Log, session: Session, { reason, actions }: Decision): void {
  const { sessionId } = session;
  log.info('Decision', {
    sessionId,
    attempt: currentAttempt(session)?.number ?? 0,
    reason,
    actions: actions.map(describeAction),
  });
}

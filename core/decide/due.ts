/** Which intents of the record have no outcome yet and are to be acted on now. Marks them as requested. */

import { sessionAlerts } from '../alerts/session-alerts';
import { LEASE_MINUTES, LEASE_RENEWAL_MINUTES } from '../node/lease';
import { currentAttempt, hasTakenPart, instanceIdsOf, isEnding, withAttempt } from '../session/attempts';
import { type Attempt, type Effect, type Node, type Session, untoldAlerts } from '../session/session';
import { HOUR_MS, isOlderThan, iso, MINUTE_MS, SECOND_MS } from '../time';
import type { Action, TaskResult } from './actions';
import type { Facts } from './facts';
import { NOTICE_TO_END_MS } from './judge';
import { wantedReplacement } from './migrate';
import { DRAIN_MS, isStale } from './observe';
import { ordersOf } from './orders';

/** An intent without an outcome is acted on again after this. */
const REDRIVE_MS = MINUTE_MS;
/** Keeps RunTraining's heartbeat (15 min) fed with room for missed passes. */
const HEARTBEAT_INTERVAL_MS = 5 * MINUTE_MS;

interface Due {
  session: Session;
  actions: Action[];
}

export function due(session: Session, facts: Facts, now: number): Due {
  const steps = [completions, heartbeats, leases, terminations, replacements, alerts, notifications];
  return steps.reduce<Due>(
    (sofar, step) => {
      const next = step(sofar.session, facts, now);
      return { session: next.session, actions: [...sofar.actions, ...next.actions] };
    },
    { session, actions: [] },
  );
}

export function isDue(effect: Effect | null, now: number): boolean {
  return effect === null || (effect.doneAt === null && isOlderThan(effect.requestedAt, REDRIVE_MS, now));
}

/** The verdict reaches the state machine. A token that comes after the verdict finds it here too. */
function completions(session: Session, _facts: Facts, now: number): Due {
  const executionIsGone = session.stopRequest?.reason === 'Aborted' || session.outcome !== null;
  // Its replacement may be the current attempt by now.
  const attempt = session.attempts.findLast(({ taskToken }) => taskToken !== null);
  if (!attempt?.verdict || !attempt.taskToken || executionIsGone || !isDue(attempt.completion, now)) {
    return { session, actions: [] };
  }
  const { number, taskToken: token, verdict } = attempt;
  const { error, message } = verdict;
  const result: TaskResult = error === null ? { output: { attempt: number } } : { error, cause: message };
  return {
    session: withAttempt(session, { ...attempt, completion: { requestedAt: iso(now), doneAt: null } }),
    actions: [{ kind: 'completeTask', attempt: number, token, result }],
  };
}

function heartbeats(session: Session, facts: Facts, now: number): Due {
  const attempt = currentAttempt(session);
  const token = attempt?.taskToken;
  const isWaiting = attempt && token && !attempt.verdict && session.outcome === null && facts.execution?.isRunning;
  const isTime = !attempt?.heartbeatAt || isOlderThan(attempt.heartbeatAt, HEARTBEAT_INTERVAL_MS, now);
  if (!isWaiting || !isTime) return { session, actions: [] };
  return {
    session: withAttempt(session, { ...attempt, heartbeatAt: iso(now) }),
    actions: [{ kind: 'heartbeat', attempt: attempt.number, token }],
  };
}

/** Renewed only for an execution that was seen running, or for nodes that are saving on their way out. */
function leases(session: Session, facts: Facts, now: number): Due {
  const orders = ordersOf(session, now);
  const text = JSON.stringify(orders);
  const hasChanged = text !== (session.lease?.orders ?? '{}');
  const isAged =
    session.lease !== null && isOlderThan(session.lease.requestedAt, LEASE_RENEWAL_MINUTES * MINUTE_MS, now);
  const isDraining = session.stopRequest?.reason === 'Aborted' && !isOlderThan(session.stopRequest.deadline, 0, now);
  const mayRenew = facts.execution?.isRunning === true || isDraining;
  const hasFailed = session.lease?.doneAt === null && isDue(session.lease, now);
  if (!hasChanged && !hasFailed && !(isAged && mayRenew && text !== '{}')) return { session, actions: [] };
  const lease = {
    version: 1 as const,
    sessionId: session.sessionId,
    renewedAt: iso(now),
    leaseMinutes: LEASE_MINUTES,
    orders,
  };
  return {
    session: { ...session, lease: { orders: text, requestedAt: iso(now), doneAt: null } },
    actions: [{ kind: 'writeLease', lease }],
  };
}

function terminations(session: Session, facts: Facts, now: number): Due {
  const isWanted = (attempt: Attempt, node: Node) =>
    !isEnding(node) &&
    (node.terminateRequestedAt === null || isOlderThan(node.terminateRequestedAt, REDRIVE_MS, now)) &&
    mustGo(session, attempt, node, now);
  const attempts = session.attempts.map((attempt) => ({
    ...attempt,
    nodes: attempt.nodes.map((node) => (isWanted(attempt, node) ? { ...node, terminateRequestedAt: iso(now) } : node)),
  }));
  const recorded = session.attempts.flatMap((attempt) =>
    attempt.nodes.filter((node) => isWanted(attempt, node)).map(({ instanceId }) => instanceId),
  );
  const instanceIds = [...recorded, ...orphans(session, facts)];
  if (instanceIds.length === 0) return { session, actions: [] };
  const why = session.outcome ? 'the session has ended' : 'the attempt has ended';
  return { session: { ...session, attempts }, actions: [{ kind: 'terminate', instanceIds, why }] };
}

/** Whether nothing is to be waited for any more on this node. */
function mustGo(session: Session, attempt: Attempt, node: Node, now: number): boolean {
  const endedAt = attempt.verdict?.at ?? session.outcome?.at;
  if (session.stopRequest?.immediate || session.outcome?.result === 'aborted') return true;
  if (endedAt === undefined) return false;
  if (session.outcome === null && isLeftToAws(node, now)) return false;
  // It never trained: there is nothing to save.
  if (!hasTakenPart(attempt)) return true;
  if (node.final?.outcome != null) return true;
  if (node.noticeAt !== null && isOlderThan(node.noticeAt, NOTICE_TO_END_MS, now)) return true;
  const hasHadItsTime = isOlderThan(endedAt, session.job.limits.graceSeconds * SECOND_MS + DRAIN_MS, now);
  return hasHadItsTime || node.statusAt === null || isStale(node, now);
}

/**
 * AWS waives an interrupted instance's first hour only if AWS terminates it
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html).
 */
function isLeftToAws(node: Node, now: number): boolean {
  return (
    node.noticeAt !== null &&
    !isOlderThan(node.launchedAt, HOUR_MS, now) &&
    !isOlderThan(node.noticeAt, NOTICE_TO_END_MS, now)
  );
}

/** Instances with the session's tag that no launch of the record accounts for: a launch that crashed and was not replayed. */
function orphans(session: Session, facts: Facts): string[] {
  const isLaunched = session.attempts.length > 0 && session.attempts.every(({ launch }) => launch.doneAt !== null);
  if (session.outcome === null && !isLaunched) return [];
  const recorded = new Set(instanceIdsOf(session));
  return Object.entries(facts.nodes ?? {})
    .filter(([id, { state }]) => !recorded.has(id) && (state === 'pending' || state === 'running'))
    .map(([id]) => id);
}

/** Only some functions can begin one: for the others it stays an intent. */
function replacements(session: Session, _facts: Facts, now: number): Due {
  const attempt = currentAttempt(session);
  const number = wantedReplacement(session, now);
  if (attempt === undefined || number === null) return { session, actions: [] };
  const begun = attempt.replacement?.attempt === number ? attempt.replacement : null;
  if (!isDue(begun, now)) return { session, actions: [] };
  return {
    session: withAttempt(session, {
      ...attempt,
      replacement: { attempt: number, requestedAt: iso(now), doneAt: null },
    }),
    actions: [{ kind: 'prepareReplacement', attempt: number }],
  };
}

/** Those that hold now and were never meant to be published before, and those that were and for which it failed. */
function alerts(session: Session, _facts: Facts, now: number): Due {
  const untold = untoldAlerts(session).filter((effect) => isDue(effect, now));
  const fresh = sessionAlerts(session, now).filter(({ alertId }) => session.alerts[alertId] === undefined);
  const wanted = [...untold.map(({ notification }) => notification), ...fresh];
  if (wanted.length === 0) return { session, actions: [] };
  const intents = wanted.map((notification) => [
    notification.alertId,
    { requestedAt: iso(now), doneAt: null, notification },
  ]);
  return {
    session: { ...session, alerts: { ...session.alerts, ...Object.fromEntries(intents) } },
    actions: wanted.map((notification) => ({ kind: 'alert', notification })),
  };
}

/** notify-finished sends it within the state machine; this is for executions that are gone or that crashed there. */
function notifications(session: Session, _facts: Facts, now: number): Due {
  const { outcome } = session;
  const isLate = outcome !== null && (outcome.result === 'aborted' || isOlderThan(outcome.at, REDRIVE_MS, now));
  if (!isLate || !isDue(session.notification, now)) return { session, actions: [] };
  return {
    session: { ...session, notification: { requestedAt: iso(now), doneAt: null, by: 'decision' } },
    actions: [{ kind: 'notifyFinished', alertId: `${session.sessionId}-finished` }],
  };
}

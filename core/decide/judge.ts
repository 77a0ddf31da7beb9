/** What the record means: the verdict on an attempt, the end of an aborted session, the release of its instances. */

import { LEASE_MINUTES } from '../node/lease';
import type { FinalStatus } from '../node/node-status';
import { currentAttempt, hasTakenPart, isEnding, isGone, replacementOf, withAttempt } from '../session/attempts';
import { type Attempt, type Node, type Session, untoldAlerts, withTimeline } from '../session/session';
import { withVerdict } from '../session/verdict';
import { isOlderThan, iso, MINUTE_MS, SECOND_MS } from '../time';
import type { Facts } from './facts';
import { decisiveFinal } from './gang';
import { type Limit, limitOf, limitsOf } from './limits';
import { whyGivenUp } from './migrate';
import { DRAIN_MS, isStale } from './observe';
import { type Finding, settle } from './settle';

/** AWS terminates two minutes after the notice; 30 s more for the last signals to arrive. */
export const NOTICE_TO_END_MS = 150 * SECOND_MS;
/** A suspect is given this long to show itself. */
const SUSPICION_MS = 10 * MINUTE_MS;
/** Two looks this far apart must find no instance. */
const SECOND_LOOK_MS = MINUTE_MS;

export function judge(session: Session, facts: Facts, now: number): Session {
  return judgeRelease(judgeAbort(judgeAttempts(session, facts, now), now), facts, now);
}

/** The replacement first: what is lost before it is needed is not handed over to. */
function judgeAttempts(session: Session, facts: Facts, now: number): Session {
  if (session.outcome) return session;
  const replacement = replacementOf(session);
  const judged = [replacement, currentAttempt(session)].reduce(
    (sofar, attempt) => judgeAttempt(sofar, attempt, facts, now),
    session,
  );
  return replacement === undefined ? judged : takeOver(dropUnneeded(judged, now), replacement, now);
}

function judgeAttempt(session: Session, attempt: Attempt | undefined, facts: Facts, now: number): Session {
  if (attempt === undefined || attempt.verdict !== null || attempt.nodes.length === 0) return session;
  const found = findVerdict(session, attempt, facts, now);
  return found === null ? session : withVerdict(session, attempt, settle(session, attempt, found, now), now);
}

/** Whom the current attempt will not be followed by. */
function dropUnneeded(session: Session, now: number): Session {
  const replacement = replacementOf(session);
  if (replacement === undefined) return session;
  const isOver = currentAttempt(session)?.verdict != null || session.stopRequest !== null;
  const message = isOver
    ? 'It was prepared to go on, and is not needed: the session ends.'
    : whyGivenUp(session, replacement, now);
  if (message === null) return session;
  return withVerdict(session, replacement, { error: 'ReplacementDropped', message }, now);
}

/** Until now its launch could wait: from here its patience counts. */
function takeOver(session: Session, { number }: Attempt, now: number): Session {
  const current = currentAttempt(session);
  const isToBeLaunched = current?.number === number && current.nodes.length === 0;
  return isToBeLaunched ? withAttempt(session, { ...current, beganAt: iso(now) }) : session;
}

/** The first that holds. A node's own final status comes before everything that was intended or suspected. */
function findVerdict(session: Session, attempt: Attempt, facts: Facts, now: number): Finding | null {
  return (
    byFinalStatus(session, attempt) ??
    byUnheededStop(session, attempt, now) ??
    byFailedCommand(attempt, facts) ??
    byInstanceState(session, attempt) ??
    byNotice(attempt, now) ??
    byLoss(session, attempt, now)
  );
}

/** Every node's: one that failed may have failed because another is gone, of which nothing is known yet. */
function byFinalStatus(session: Session, attempt: Attempt): Finding | null {
  const finals = attempt.nodes.flatMap(({ final }) => (final?.outcome == null ? [] : [final]));
  if (finals.length < attempt.nodes.length) return null;
  const final = decisiveFinal(finals);
  if (final === undefined || final.outcome === 'succeeded') return { error: null, message: 'Training finished.' };
  return final.outcome === 'failed'
    ? { error: 'TrainingFailed', message: failureMessage(final), final }
    : cutShort(final, attempt, limitsOf(session, attempt));
}

function cutShort(final: FinalStatus, { intervention }: Attempt, limits: readonly Limit[]): Finding {
  const saved = final.lastCheckpoint
    ? `the last checkpoint is ${final.lastCheckpoint.name}`
    : 'no checkpoint was committed';
  switch (final.reason) {
    case 'StoppedByUser':
      return { error: 'StoppedByUser', message: `Stopped as asked; ${saved}.`, final };
    case 'BudgetReached':
    case 'TimeLimitReached': {
      const what = limits.find(({ reason }) => reason === final.reason)?.what ?? 'one that is no more';
      return { error: final.reason, message: `Stopped by a limit: ${what}; ${saved}.`, final };
    }
    case 'TrainingStalled':
    case 'TrainingRestarted':
    case 'TrainingMigrated':
    case 'LossNotFinite': {
      const why = intervention?.message ?? 'training was in trouble.';
      return { error: final.reason, message: `Told to stop: ${why} Then ${saved}.`, final };
    }
    case 'LeaseExpired':
      return {
        error: 'LeaseExpired',
        message: `The node heard nothing from the control plane and stopped; ${saved}.`,
        final,
      };
    case 'SpotNotice':
      return { error: 'SpotInterrupted', message: `AWS took the spot instance back; ${saved}.`, final };
    default:
      return {
        error: 'NodeLost',
        message: `The node was interrupted (${final.reason ?? 'no reason given'}); ${saved}.`,
        final,
      };
  }
}

function failureMessage(final: FinalStatus): string {
  const how =
    final.stage !== 'train'
      ? `Stage ${final.stage} failed: ${final.error ?? 'no reason given'}`
      : final.signal
        ? `The command was ended by ${final.signal}`
        : `The command exited with code ${final.exitCode ?? 'unknown'}`;
  const tail = final.logTail.length > 0 ? `\nLast lines of the log:\n${final.logTail.slice(-10).join('\n')}` : '';
  const log = final.logUri ? `\nWhole log: ${final.logUri}` : '';
  return `${how}.${tail}${log}`;
}

/** A stop or a limit that the nodes did not carry out themselves in time. */
function byUnheededStop(session: Session, attempt: Attempt, now: number): Finding | null {
  const { stopRequest } = session;
  if (stopRequest && (stopRequest.immediate || isOlderThan(stopRequest.deadline, 0, now))) {
    return { error: 'StoppedByUser', message: `Stopped by ${stopRequest.by}, without waiting for a last checkpoint.` };
  }
  const limit = limitOf(session, attempt);
  const patienceMs = session.job.limits.graceSeconds * SECOND_MS + DRAIN_MS;
  const { intervention } = attempt;
  if (intervention && isOlderThan(intervention.at, patienceMs, now) && !isHandingOver(attempt, now)) {
    const message = `Told to stop: ${intervention.message} Its nodes did not stop by themselves.`;
    return { error: intervention.error, message };
  }
  if (!limit) return null;
  // Where no agent runs, nobody obeys, and there is nothing to save.
  const isUnstarted = attempt.nodes.every(({ statusAt }) => statusAt === null);
  if (!isOlderThan(limit.stopAt, isUnstarted ? MINUTE_MS : patienceMs, now)) return null;
  const how = isUnstarted ? 'Nothing ran on its nodes yet.' : 'Its nodes did not stop by themselves.';
  return { error: limit.reason, message: `Stopped by a limit: ${limit.what}. ${how}` };
}

/** Nobody takes its machines away, and the next attempt goes on from what they saved: they may upload as long as it takes. */
function isHandingOver({ nodes, intervention }: Attempt, now: number): boolean {
  const isUploading = nodes.some((node) => node.status?.stage === 'upload' && !isStale(node, now));
  return intervention?.error === 'TrainingMigrated' && isUploading;
}

/** The start command failed on a node that has not reported since. */
function byFailedCommand(attempt: Attempt, facts: Facts): Finding | null {
  const node = attempt.nodes.find(
    ({ instanceId, statusAt }) => statusAt === null && facts.nodes?.[instanceId]?.commandFailure,
  );
  if (node === undefined) return null;
  const how = facts.nodes?.[node.instanceId]?.commandFailure ?? 'Failed';
  return { error: 'NodeLost', message: `The agent could not be started on ${node.instanceId} (SSM command: ${how}).` };
}

function byInstanceState(session: Session, attempt: Attempt): Finding | null {
  const node = attempt.nodes.find((each) => isEnding(each) && !each.final?.outcome);
  if (node === undefined) return null;
  if (session.stopRequest)
    return { error: 'StoppedByUser', message: `Stopped by ${session.stopRequest.by}; ${node.instanceId} is gone.` };
  const why = node.stateReason ? ` (${node.stateReason})` : '';
  return wasTakenBack(node)
    ? { error: 'SpotInterrupted', message: `AWS took ${node.instanceId} back${why} before its last word.` }
    : { error: 'NodeLost', message: `${node.instanceId} is ${node.state}${why} without a last word.` };
}

function wasTakenBack(node: Node): boolean {
  return node.noticeAt !== null || node.stateReason === 'Server.SpotInstanceTermination';
}

/** A notice is not an end, but two and a half minutes after it the instance is. */
function byNotice(attempt: Attempt, now: number): Finding | null {
  const node = attempt.nodes.find(
    ({ noticeAt, final }) => noticeAt && !final?.outcome && isOlderThan(noticeAt, NOTICE_TO_END_MS, now),
  );
  return node ? { error: 'SpotInterrupted', message: `AWS took ${node.instanceId} back, as its notice said.` } : null;
}

/** Never on one missing signal, but on enough silence whatever else is said. */
function byLoss(session: Session, attempt: Attempt, now: number): Finding | null {
  if (attempt.command?.doneAt == null) return null;
  const silenceMs = LEASE_MINUTES * MINUTE_MS + session.job.limits.graceSeconds * SECOND_MS + DRAIN_MS;
  for (const node of attempt.nodes) {
    if (node.final?.outcome) continue;
    if (node.suspectSince && isStale(node, now) && isOlderThan(node.suspectSince, SUSPICION_MS, now)) {
      return {
        error: 'NodeLost',
        message: `${node.instanceId} stopped reporting, and EC2 or SSM say that it is not well.`,
      };
    }
    if (isOlderThan(node.statusAt ?? node.launchedAt, silenceMs, now)) {
      return { error: 'NodeLost', message: `${node.instanceId} has been silent for longer than its lease.` };
    }
  }
  return null;
}

/** The execution is gone: the session ends here once its nodes have saved, or have had their time. */
function judgeAbort(session: Session, now: number): Session {
  const { stopRequest } = session;
  if (stopRequest?.reason !== 'Aborted' || session.outcome) return session;
  const nodes = session.attempts.filter(hasTakenPart).flatMap((attempt) => attempt.nodes);
  const isDrained = nodes.every((node) => node.final?.outcome || isGone(node));
  if (!isDrained && !stopRequest.immediate && !isOlderThan(stopRequest.deadline, 0, now)) return session;
  const message = `Ended by ${stopRequest.by}; its instances are being terminated.`;
  const outcome = { result: 'aborted' as const, error: 'Aborted', message, at: iso(now), resumable: true };
  return withTimeline({ ...session, outcome }, iso(now), message);
}

function judgeRelease(session: Session, facts: Facts, now: number): Session {
  if (session.outcome === null || session.releasedAt !== null || facts.noInstances === undefined) return session;
  if (!facts.noInstances) return { ...session, emptyLookAt: null };
  if (session.emptyLookAt === null) return { ...session, emptyLookAt: iso(now) };
  const isTold = session.notification?.doneAt != null && untoldAlerts(session).length === 0;
  if (!isOlderThan(session.emptyLookAt, SECOND_LOOK_MS, now) || !isTold) return session;
  return withTimeline({ ...session, releasedAt: iso(now) }, iso(now), 'No instance of the session is left');
}

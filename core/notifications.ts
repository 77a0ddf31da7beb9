/** What a user is told, in plain words: what happened, what it cost, where everything is, what to do next. */

import { type Receipt, receiptOf } from './costs/receipt';
import { receiptLines } from './costs/receipt-text';
import type { Notification } from './ports';
import { checkpointsPrefix, logsPrefix, receiptKey, s3Uri } from './s3-layout';
import { isEnding, type Outcome, type Session } from './session';

/** The same for every publish about the same end. */
export const finishedAlertId = (sessionId: string) => `${sessionId}-finished`;

/** How a session ended. `now` is in milliseconds since the Unix epoch. */
export function finishedNotification(session: Session, bucket: string, now: number): Notification {
  const { sessionId, job, outcome } = session;
  const how = headline(outcome);
  return {
    alertId: finishedAlertId(sessionId),
    kind: 'session-finished',
    severity: severityOf(outcome),
    sessionId,
    subject: `runctl: ${job.name} ${how} (${sessionId})`,
    body: [
      `Training job ${job.name} (project ${job.project}, owner ${job.owner}), session ${sessionId}, ${how}.`,
      ...(outcome ? ['', outcome.message] : []),
      '',
      ...costLines(receiptOf(session, now)),
      '',
      ...placeLines(session, bucket),
      ...resumeLines(session),
    ].join('\n'),
  };
}

/** For an execution that ended before it had a record: nothing was launched. */
export function refusedNotification(sessionId: string, failure: { error: string; cause: string }): Notification {
  return {
    alertId: finishedAlertId(sessionId),
    kind: 'session-refused',
    severity: 'error',
    sessionId,
    subject: `runctl: ${sessionId} was not started (${failure.error})`,
    body: `Session ${sessionId} was not started: ${failure.error}.\n\n${failure.cause}\n\nNo instance was launched by this execution.`,
  };
}

function headline(outcome: Outcome | null): string {
  switch (outcome?.result) {
    case 'succeeded':
      return 'succeeded';
    case 'failed':
      return `failed: ${outcome.error ?? 'no reason given'}`;
    case 'stopped':
      return `was stopped: ${outcome.error ?? 'as asked'}`;
    case 'aborted':
      return 'was aborted';
    case undefined:
      return 'has not ended';
  }
}

function severityOf(outcome: Outcome | null): Notification['severity'] {
  if (outcome?.result === 'succeeded') return 'info';
  return outcome?.result === 'stopped' ? 'warning' : 'error';
}

function costLines(receipt: Receipt): string[] {
  const { attempts, total } = receipt;
  const count = attempts.flatMap(({ nodes }) => nodes).length;
  return [
    `${count} instance(s) in ${attempts.length} attempt(s), ${(total.seconds / 60).toFixed(1)} instance minutes:`,
    ...receiptLines(receipt).map((line) => `  ${line}`),
  ];
}

function placeLines(session: Session, bucket: string): string[] {
  const nodes = session.attempts.flatMap((attempt) => attempt.nodes);
  const left = nodes.filter((node) => !isEnding(node)).length;
  const places = nodes.flatMap(({ userId }) => [
    `  Logs: ${s3Uri({ bucket, key: logsPrefix(userId) })}`,
    `  Checkpoints: ${s3Uri({ bucket, key: checkpointsPrefix(userId) })}`,
  ]);
  return [
    left === 0
      ? 'No instance of it is running.'
      : `${left} instance(s) are being terminated; reconcile looks every minute until none is left.`,
    ...(session.outcome?.result === 'succeeded' ? [`Results: ${session.resultsUri}`] : []),
    `Receipt: ${s3Uri({ bucket, key: receiptKey(session.sessionId) })}`,
    ...places,
  ];
}

/** An outcome's message often ends with it already. */
function resumeLines({ sessionId, outcome }: Session): string[] {
  const hint = resumeHint(sessionId);
  return outcome?.resumable && !outcome.message.includes(hint) ? ['', hint] : [];
}

/** How to go on from a session's newest verified checkpoint. */
export function resumeHint(sessionId: string): string {
  return `To go on from its newest verified checkpoint, submit the job again with "resumeFrom": "${sessionId}".`;
}

/** How a session ended: what came of it, what it cost, whether anything is left on the bill, where everything is, what to do. */
import { type Receipt, receiptOf } from '../costs/receipt';
import { receiptLines } from '../costs/receipt-text';
import { checkpointsPrefix, logsPrefix, receiptKey, s3Uri } from '../s3-layout';
import { allNodes, isEnding } from '../session/attempts';
import type { Outcome, Session } from '../session/session';
import { logsCommand, resumeCommands } from './commands';
import type { Notification } from './notification';
import { resumeHint } from './resume-hint';

/** The same for every publish about the same end. */
export const finishedAlertId = (sessionId: string) => `${sessionId}-finished`;

/** `now` is in milliseconds since the Unix epoch. */
export function finishedNotification(session: Session, bucket: string, now: number): Notification {
  const { sessionId, job, outcome } = session;
  const how = headline(outcome);
  const receipt = receiptOf(session, now);
  const paragraphs = [
    [`Training job ${job.name} (project ${job.project}, owner ${job.owner}), session ${sessionId}, ${how}.`],
    messageLines(outcome),
    [summary(session, receipt), leftLine(session)],
    resultLines(session),
    resumeLines(session),
    costLines(receipt),
    placeLines(session, bucket),
  ];
  return {
    alertId: finishedAlertId(sessionId),
    kind: 'session-finished',
    severity: severityOf(outcome),
    sessionId,
    subject: `runctl: ${job.name} ${how} (${sessionId})`,
    body: paragraphs
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n'),
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

/** Of a success it says no more than the results' line. */
function messageLines(outcome: Outcome | null): string[] {
  return outcome === null || outcome.result === 'succeeded' ? [] : [outcome.message];
}

function summary(session: Session, { total }: Receipt): string {
  const instances = allNodes(session).length;
  if (instances === 0) return 'No instance was launched.';
  const interruptions = session.attempts.filter(({ verdict }) => verdict?.error === 'SpotInterrupted').length;
  const parts = [
    counted(instances, 'instance'),
    counted(session.attempts.length, 'attempt'),
    ...(interruptions === 0 ? [] : [`${counted(interruptions, 'interruption')} by AWS`]),
    `${(total.seconds / 60).toFixed(1)} instance minutes`,
  ];
  return `It took ${parts.join(', ')}.`;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

function leftLine(session: Session): string {
  const left = allNodes(session).filter((node) => !isEnding(node)).length;
  if (left === 0) return 'No instance of it is running.';
  return `${counted(left, 'instance')} of it ${left === 1 ? 'is' : 'are'} being terminated; reconcile looks every minute until none is left.`;
}

function resultLines({ outcome, resultsUri, sessionId }: Session): string[] {
  if (outcome?.result !== 'succeeded') return [];
  return [`Results: ${resultsUri}`, `  aws s3 cp --recursive ${resultsUri} results/${sessionId}/`];
}

/** An outcome's message often ends with the hint already. */
function resumeLines(session: Session): string[] {
  const { sessionId, outcome, job } = session;
  if (!outcome?.resumable) return [];
  const hint = resumeHint(sessionId);
  const first = outcome.message.includes(hint) ? 'To go on from there:' : hint;
  return [first, ...resumeCommands(session, reachedLimit(outcome, job.limits))];
}

function reachedLimit({ error }: Outcome, { maxUsd, maxHours }: Session['job']['limits']) {
  if (error === 'BudgetReached' && maxUsd !== null) return 'maxUsd';
  return error === 'TimeLimitReached' && maxHours !== null ? 'maxHours' : null;
}

function costLines(receipt: Receipt): string[] {
  if (receipt.attempts.every(({ nodes }) => nodes.length === 0)) return [];
  return ['What it cost:', ...receiptLines(receipt).map((line) => `  ${line}`)];
}

function placeLines(session: Session, bucket: string): string[] {
  const { sessionId, attempts } = session;
  const places = attempts.flatMap(({ number, nodes }) =>
    nodes.flatMap(({ instanceId, userId }) => [
      `  attempt ${number}, ${instanceId}:`,
      `    logs ${s3Uri({ bucket, key: logsPrefix(userId) })}`,
      `    checkpoints ${s3Uri({ bucket, key: checkpointsPrefix(userId) })}`,
    ]),
  );
  const log = places.length === 0 ? [] : ['Its log:', `  ${logsCommand(session)}`];
  return [...log, 'Where everything is:', `  receipt ${s3Uri({ bucket, key: receiptKey(sessionId) })}`, ...places];
}

/** Whether everything that the quickstart promises has held. Pure: the evidence is collected elsewhere. */
import type { NodeOutcome } from '../../core/node/node-status';
import type { Disturbance } from './run-view';

export interface AttemptEvidence {
  instanceId: string;
  outcome: NodeOutcome | null;
  /** Last step that training is known to have done. */
  lastStep: number | null;
  /** Of the newest manifest below the node's prefix in the bucket. */
  newestCommittedStep: number | null;
  /** In the training script's own words, from its log. */
  resumedAtStep: number | null;
}

export interface Evidence {
  disturbance: Disturbance;
  execution: { status: string; error: string | null; cause: string | null };
  attempts: AttemptEvidence[];
  /** Steps between two checkpoints. */
  saveEverySteps: number;
  accuracy: number | null;
  results: { files: string[]; problems: string[] };
  instancesLeft: string[];
  /** Subject of the notification of the session's end; null when none came. */
  notification: string | null;
  hasReceipt: boolean;
}

export interface Check {
  isOk: boolean;
  text: string;
}

const LEAST_ACCURACY = 0.9;

export function judge(evidence: Evidence): Check[] {
  const { execution, accuracy, results, instancesLeft, notification } = evidence;
  return [
    check(
      execution.status === 'SUCCEEDED',
      `the execution ended as ${[execution.status, execution.error, execution.cause].filter(Boolean).join(': ')}`,
    ),
    ...(evidence.disturbance === 'none' ? undisturbed(evidence) : disturbed(evidence)),
    check(
      accuracy !== null && accuracy >= LEAST_ACCURACY,
      `test accuracy ${accuracy?.toFixed(4) ?? 'unknown'} (at least ${LEAST_ACCURACY})`,
    ),
    check(
      results.files.length > 0 && results.problems.length === 0,
      results.problems.length > 0
        ? `results: ${results.problems.join(', ')}`
        : `${results.files.length} result files verified against their manifest`,
    ),
    check(notification !== null, notification === null ? 'no notification came' : `notified: ${notification}`),
    check(evidence.hasReceipt, evidence.hasReceipt ? 'there is a receipt' : 'there is no receipt'),
    check(
      instancesLeft.length === 0,
      `${instancesLeft.length} instances left${instancesLeft.map((id) => ` ${id}`).join('')}`,
    ),
  ];
}

function undisturbed({ attempts }: Evidence): Check[] {
  return [
    check(attempts.length === 1, attempts.length === 1 ? 'one attempt' : `${attempts.length} attempts instead of 1`),
  ];
}

function disturbed(evidence: Evidence): Check[] {
  const [first, second] = evidence.attempts;
  if (first === undefined || second === undefined || evidence.attempts.length > 2) {
    return [check(false, `${evidence.attempts.length} attempts instead of 2`)];
  }
  const lost = difference(first.lastStep, second.resumedAtStep);
  const isGraceful = evidence.disturbance === 'notice';
  const allowed = isGraceful ? 0 : evidence.saveEverySteps;
  return [
    ...(isGraceful
      ? [check(first.outcome === 'interrupted', `attempt 1's last word: ${first.outcome ?? 'none'}`)]
      : []),
    check(
      first.newestCommittedStep !== null && first.newestCommittedStep === second.resumedAtStep,
      `attempt 2 resumed at step ${second.resumedAtStep ?? '?'}; attempt 1 saved step ${first.newestCommittedStep ?? '?'} last`,
    ),
    check(
      lost !== null && lost <= allowed,
      `${lost ?? '?'} steps lost ${isGraceful ? '(none allowed)' : `by the last progress seen (one checkpoint interval, ${allowed}, allowed)`}`,
    ),
  ];
}

function difference(last: number | null, resumed: number | null): number | null {
  return last === null || resumed === null ? null : Math.max(0, last - resumed);
}

function check(isOk: boolean, text: string): Check {
  return { isOk, text };
}

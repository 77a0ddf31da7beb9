/** What a drill measured, judged. Pure. */
import type { AttemptView } from '../../core/view/attempt-view';
import type { SessionView } from '../../core/view/session-view';

export interface DrillCheck {
  isOk: boolean;
  text: string;
}

export interface DrillReport {
  checks: DrillCheck[];
  /** Seconds of this machine; null: not measured. */
  saveSeconds: number | null;
  uploadSeconds: number | null;
  /** From the notice to the first step of the next attempt. */
  resumeAfterNoticeSeconds: number | null;
  /** From the loss of the host to the first step of the next attempt. */
  resumeAfterLossSeconds: number | null;
}

export interface DrillEvidence {
  view: SessionView;
  /** When the host was taken away, and the step seen last; null: it did not come to that. */
  loss: { at: string; step: number | null } | null;
  /** By the number of the attempt, the lowest step that it told while it trained. */
  leastSteps: ReadonlyMap<number, number>;
  /** Whether it was to run to its end. */
  toTheEnd: boolean;
}

const RESUME_HINT = 'does the command take checkpoints.resumeArg, or RUNCTL_RESUME_FROM?';

export function judgeDrill({ view, loss, leastSteps, toTheEnd }: DrillEvidence): DrillReport {
  const [first, second, third] = view.attempts;
  return {
    checks: [
      ...noticeChecks(first, second),
      ...beganAgain(second, leastSteps),
      ...lossChecks(loss, second, third),
      ...beganAgain(third, leastSteps),
      endCheck(view, toTheEnd),
    ],
    saveSeconds: first?.shutdown?.saveSeconds ?? null,
    uploadSeconds: first?.shutdown?.uploadSeconds ?? null,
    resumeAfterNoticeSeconds: secondsFrom(first?.noticeAt, second),
    resumeAfterLossSeconds: secondsFrom(loss?.at, third),
  };
}

function noticeChecks(first: AttemptView | undefined, second: AttemptView | undefined): DrillCheck[] {
  const saved = first?.lastCheckpoint?.step ?? null;
  const reached = first?.progress?.step ?? null;
  const resumed = second?.resumedFrom?.step ?? null;
  const hasResumed = second?.resumedFrom != null;
  return [
    {
      isOk: first?.end?.error === 'SpotInterrupted',
      text: `the two-minute notice ended attempt 1 (${first?.end?.error ?? 'it did not'})`,
    },
    {
      isOk: hasResumed && resumed === saved,
      text: hasResumed
        ? `attempt 2 went on at step ${resumed}; attempt 1 had saved step ${saved} last`
        : `attempt 2 did not resume: ${RESUME_HINT}`,
    },
    ...(saved === null || reached === null
      ? []
      : [{ isOk: true, text: `${Math.max(0, reached - saved)} steps were lost to the notice` }]),
  ];
}

/** What the agent gave it is one thing, what the script made of it another. */
function beganAgain(attempt: AttemptView | undefined, leastSteps: DrillEvidence['leastSteps']): DrillCheck[] {
  const given = attempt?.resumedFrom;
  const least = attempt && leastSteps.get(attempt.number);
  if (given?.step == null || least === undefined || least >= given.step) return [];
  const text = `attempt ${attempt?.number} was given ${given.name}, but trained from step ${least} or before: ${RESUME_HINT}`;
  return [{ isOk: false, text }];
}

function lossChecks(
  loss: DrillEvidence['loss'],
  second: AttemptView | undefined,
  third: AttemptView | undefined,
): DrillCheck[] {
  if (loss === null)
    return [{ isOk: false, text: 'it ended before its host could be taken away: make the job longer' }];
  const committed = second?.lastCheckpoint ?? null;
  const resumed = third?.resumedFrom ?? null;
  const lost = loss.step === null || resumed?.step == null ? null : Math.max(0, loss.step - resumed.step);
  return [
    {
      isOk: committed !== null && resumed?.sequence === committed.sequence && resumed.name === committed.name,
      text: `after the loss of the host attempt 3 went on from ${resumed?.name ?? 'nothing'}; committed was ${committed?.name ?? 'nothing'}`,
    },
    ...(lost === null ? [] : [{ isOk: true, text: `${lost} steps were lost with the host` }]),
  ];
}

function endCheck({ state, outcome }: SessionView, toTheEnd: boolean): DrillCheck {
  const wanted = toTheEnd ? 'succeeded' : 'stopped';
  const why = outcome?.error && state !== wanted ? `: ${outcome.error}` : '';
  return { isOk: state === wanted || state === 'succeeded', text: `the session ${state}${why}` };
}

/** Both times are of the same clock. */
function secondsFrom(at: string | null | undefined, next: AttemptView | undefined): number | null {
  const train = next?.stages.find(({ stage }) => stage === 'train')?.startedAt;
  if (!at || train === undefined) return null;
  return Math.max(0, (Date.parse(train) - Date.parse(at)) / 1000);
}

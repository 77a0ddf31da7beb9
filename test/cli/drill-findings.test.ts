import { type DrillEvidence, judgeDrill } from '../../cli/drill/findings';
import type { AttemptView } from '../../core/view/attempt-view';
import type { SessionView } from '../../core/view/session-view';

const NOTICE = '2026-11-28T10:00:00.000Z';
const LOSS = '2026-11-28T10:01:00.000Z';
const checkpoint = (step: number, sequence: number) => ({ name: `step-${step}`, step, sequence });
const trainedAt = (startedAt: string) => [{ stage: 'train', startedAt }];

/** Saved 200 on the notice, committed 300 before its host was lost, finished. */
function evidence(change: { second?: object; third?: object; leastSteps?: [number, number][] } = {}): DrillEvidence {
  const attempts = [
    {
      number: 1,
      end: { error: 'SpotInterrupted', message: '' },
      noticeAt: NOTICE,
      lastCheckpoint: checkpoint(200, 4),
      progress: { step: 200 },
      shutdown: { saveSeconds: 0.3, uploadSeconds: 0.2 },
      stages: [],
    },
    {
      number: 2,
      resumedFrom: checkpoint(200, 4),
      lastCheckpoint: checkpoint(300, 6),
      stages: trainedAt('2026-11-28T10:00:11.000Z'),
      ...change.second,
    },
    {
      number: 3,
      resumedFrom: checkpoint(300, 6),
      stages: trainedAt('2026-11-28T10:01:14.000Z'),
      ...change.third,
    },
  ] as unknown as AttemptView[];
  return {
    view: { attempts, state: 'succeeded', outcome: null } as unknown as SessionView,
    loss: { at: LOSS, step: 370 },
    leastSteps: new Map(
      change.leastSteps ?? [
        [2, 200],
        [3, 301],
      ],
    ),
    toTheEnd: false,
  };
}

const wrong = (given: DrillEvidence) => judgeDrill(given).checks.flatMap(({ isOk, text }) => (isOk ? [] : [text]));

describe('a drill', () => {
  it('holds where both attempts went on, and says how long it took', () => {
    expect(wrong(evidence())).toEqual([]);
    expect(judgeDrill(evidence())).toMatchObject({
      saveSeconds: 0.3,
      uploadSeconds: 0.2,
      resumeAfterNoticeSeconds: 11,
      resumeAfterLossSeconds: 14,
    });
  });

  it('does not hold where another checkpoint was resumed from than the last', () => {
    expect(wrong(evidence({ second: { resumedFrom: checkpoint(120, 2) } }))).toEqual([
      'attempt 2 went on at step 120; attempt 1 had saved step 200 last',
    ]);
    expect(wrong(evidence({ third: { resumedFrom: checkpoint(200, 4) } }))).toEqual([
      'after the loss of the host attempt 3 went on from step-200; committed was step-300',
    ]);
  });

  it('does not hold where the script was given a checkpoint and began again', () => {
    expect(wrong(evidence({ leastSteps: [[2, 5]] }))).toEqual([
      'attempt 2 was given step-200, but trained from step 5 or before: does the command take checkpoints.resumeArg, or RUNCTL_RESUME_FROM?',
    ]);
  });

  it('does not hold when nothing could be taken away', () => {
    expect(wrong({ ...evidence(), loss: null })).toEqual([
      'it ended before its host could be taken away: make the job longer',
    ]);
  });
});

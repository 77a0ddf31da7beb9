import { type Evidence, judge } from '../../scripts/quickstart/checks';
import { scriptWords } from '../../scripts/quickstart/script-words';

const first = {
  instanceId: 'i-1',
  outcome: 'interrupted',
  lastStep: 287,
  newestCommittedStep: 287,
  resumedAtStep: null,
} as const;
const second = {
  instanceId: 'i-2',
  outcome: 'succeeded',
  lastStep: 630,
  newestCommittedStep: 630,
  resumedAtStep: 287,
} as const;

function evidence(overrides: Partial<Evidence> = {}): Evidence {
  return {
    disturbance: 'notice',
    execution: { status: 'SUCCEEDED', error: null, cause: null },
    attempts: [first, second],
    saveEverySteps: 60,
    accuracy: 0.96,
    results: { files: ['metrics.json', 'model.json'], problems: [] },
    instancesLeft: [],
    notification: 'digits succeeded',
    hasReceipt: true,
    ...overrides,
  };
}

const failing = (overrides: Partial<Evidence>) =>
  judge(evidence(overrides))
    .filter(({ isOk }) => !isOk)
    .map(({ text }) => text);

describe('judge', () => {
  it('is content with a graceful interruption that lost nothing', () => {
    expect(failing({})).toEqual([]);
  });

  it.each<[string, Partial<Evidence>, RegExp]>([
    [
      'a failed execution',
      { execution: { status: 'FAILED', error: 'NodeLost', cause: 'gone' } },
      /FAILED: NodeLost: gone/,
    ],
    ['a poor model', { accuracy: 0.89 }, /accuracy 0\.8900/],
    ['no accuracy at all', { accuracy: null }, /accuracy unknown/],
    ['results that differ', { results: { files: ['a'], problems: ['b is missing'] } }, /b is missing/],
    ['no results', { results: { files: [], problems: [] } }, /0 result files/],
    ['an instance left', { instancesLeft: ['i-9'] }, /1 instances left i-9/],
    ['no notification', { notification: null }, /no notification/],
    ['no receipt', { hasReceipt: false }, /no receipt/],
    ['a single attempt', { attempts: [second] }, /1 attempts instead of 2/],
    ['a lost last word', { attempts: [{ ...first, outcome: null }, second] }, /last word: none/],
    ['a resume elsewhere', { attempts: [{ ...first, newestCommittedStep: 300 }, second] }, /saved step 300/],
    ['one step lost', { attempts: [{ ...first, lastStep: 288 }, second] }, /^1 steps lost/],
    ['a resume that nobody saw', { attempts: [first, { ...second, resumedAtStep: null }] }, /resumed at step \?/],
  ])('objects to %s', (_, overrides, objection) => {
    expect(failing(overrides).join('\n')).toMatch(objection);
  });

  it('allows one checkpoint interval after a hard kill, and no last word', () => {
    const killed = (lastStep: number): Partial<Evidence> => ({
      disturbance: 'kill',
      attempts: [
        { ...first, outcome: null, newestCommittedStep: 240, lastStep },
        { ...second, resumedAtStep: 240 },
      ],
    });

    expect(failing(killed(300))).toEqual([]);
    expect(failing(killed(301))).toEqual([
      '61 steps lost by the last progress seen (one checkpoint interval, 60, allowed)',
    ]);
  });

  it('wants exactly one attempt when nothing was disturbed', () => {
    expect(failing({ disturbance: 'none', attempts: [second] })).toEqual([]);
    expect(failing({ disturbance: 'none' })).toEqual(['2 attempts instead of 1']);
  });
});

describe('scriptWords', () => {
  it('reads where the script began and where it ended', () => {
    const log =
      'resumed at step 287 from step-000287.json\nstep=290 total=630 loss=0.2\nSIGTERM: ended at step 293 of 630\n';
    expect(scriptWords(log)).toEqual({ resumedAtStep: 287, lastStep: 293 });
    expect(scriptWords('step=5 total=9 loss=1\nstep=10 total=99 loss=1\n')).toEqual({
      resumedAtStep: null,
      lastStep: 10,
    });
    expect(scriptWords('')).toEqual({ resumedAtStep: null, lastStep: null });
  });
});

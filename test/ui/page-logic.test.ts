/** What the page computes by itself, without a browser. */
import { jobSpecSchema, SECTIONS } from '../../core/job/job-spec';
import asl from '../../statemachines/training-job.asl.json';
import { tickTime } from '../../ui/format';
import { FILTERS, matches } from '../../ui/pages/session-filter';
import { placeOf } from '../../ui/place';
import { extent, logRange, stitch, zoomed } from '../../ui/session/metric-data';
import { EDGES, layout, NOT_DRAWN } from '../../ui/session/state-layout';
import { ways } from '../../ui/session/state-ways';
import {
  isLocalPath,
  numberOf,
  problemsAt,
  problemsOf,
  valueAt,
  withoutUsual,
  withValue,
} from '../../ui/submit/raw-job';
import { sections } from '../../ui/submit/schema-fields';
import { madeUpRows } from './support/made-up-rows';

describe('the form', () => {
  const fields = sections().flatMap((section) => section.fields);
  const at = (path: string) => fields.find((field) => field.path.join('.') === path);

  it('has a field for every key of a job', () => {
    const keys = Object.keys(jobSpecSchema.shape).flatMap((key) => {
      const section = SECTIONS[key as keyof typeof SECTIONS];
      return section === undefined ? [key] : Object.keys(section.shape).map((inner) => `${key}.${inner}`);
    });
    expect(fields.map(({ path }) => path.join('.')).sort()).toEqual(keys.filter((key) => key !== '$schema').sort());
  });

  it.each([
    ['name', { kind: 'text', isRequired: true, isShort: true, label: 'Name' }],
    ['command', { kind: 'long', isRequired: true }],
    [
      'resources.market',
      { kind: 'choice', usual: 'spot-then-on-demand', choices: ['spot', 'on-demand', 'spot-then-on-demand'] },
    ],
    ['resources.instanceTypes', { kind: 'list' }],
    ['retry.onExitCodes', { kind: 'numbers' }],
    ['limits.maxUsdPerHour', { kind: 'number', label: 'Max USD per hour', isWhole: false, usual: null }],
    ['resources.volumeGiB', { kind: 'number', label: 'Volume GiB', isWhole: true, usual: 100 }],
    ['aws', { kind: 'yes', label: 'AWS' }],
    ['secrets', { kind: 'map' }],
  ])('%s is asked for as what it is', (path, expected) => {
    expect(at(path)).toMatchObject(expected);
  });
});

describe('a job that is being written', () => {
  it('has what was said and nothing else', () => {
    const job = withValue(withValue({}, ['name'], 'a'), ['limits', 'maxUsd'], 5);
    expect(job).toEqual({ name: 'a', limits: { maxUsd: 5 } });
    expect(valueAt(job, ['limits', 'maxUsd'])).toBe(5);
    expect(withValue(job, ['limits', 'maxUsd'], undefined)).toEqual({ name: 'a' });
  });

  it('is checked by the spec that the control plane has', () => {
    const problems = problemsOf({
      name: 'no spaces',
      command: 'true',
      limits: { maxUsd: 'x' },
      resources: { instanceTypes: ['m5.large', '?'] },
    });
    expect(problems.map(({ field }) => field)).toEqual(['name', 'resources.instanceTypes.1', 'limits.maxUsd']);
    expect(problemsAt(problems, ['resources', 'instanceTypes'])).toHaveLength(1);
    expect(problemsOf({ name: 'a', command: 'true' })).toEqual([]);
  });

  it('may name folders of this machine: the server looks whether they are there', () => {
    expect(problemsOf({ name: 'a', command: 'true', code: './src' })).toEqual([]);
    expect(isLocalPath({ code: 's3://b/x' }, 'code')).toBe(false);
    expect(problemsOf({ name: 'a', command: 'true', code: 's3://' })).toHaveLength(1);
  });

  it('from an earlier session says what that one said', () => {
    expect(withoutUsual({ name: 'a', command: 'b', limits: { maxHours: 24, maxUsd: 3 }, env: {} })).toEqual({
      name: 'a',
      command: 'b',
      limits: { maxUsd: 3 },
    });
  });

  it('a number that is none stays a text, and is told of', () => {
    expect([numberOf('1.5'), numberOf(' '), numberOf('1,5')]).toEqual([1.5, undefined, '1,5']);
  });
});

describe('the list', () => {
  const rows = madeUpRows(60);
  const any = { filter: 'all', text: '', project: '', owner: '' } as const;
  const of = (wanted: Partial<Parameters<typeof matches>[1]>) =>
    rows.filter((row) => matches(row, { ...any, ...wanted }));

  it('every session is in All and in one other group', () => {
    for (const row of rows) expect(FILTERS.filter(({ has }) => has(row))).toHaveLength(2);
  });

  it('is searched for words in whatever a row shows', () => {
    expect(
      of({ text: 'VISION failed' }).every(({ project, state }) => project === 'vision' && state === 'failed'),
    ).toBe(true);
    expect(of({ text: 'TrainingFailed' }).length).toBeGreaterThan(0);
    expect(of({ text: 'nothing-is-called-so' })).toEqual([]);
  });

  it('groups, projects and owners narrow it down together', () => {
    const found = of({ filter: 'succeeded', project: 'speech' });
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ state, project }) => state === 'succeeded' && project === 'speech')).toBe(true);
  });
});

describe('a chart', () => {
  const attempts = [
    { attempt: 1, metrics: { loss: { steps: [1, 2, 3], values: [9, 8, 7] } } },
    { attempt: 2, metrics: { loss: { steps: [3, 4], values: [6, 5] }, lr: { steps: [4], values: [1] } } },
  ];

  it('stitches attempts: steps that were done again have a value of each', () => {
    expect(stitch(attempts, 'loss')).toEqual({
      attempts: [1, 2],
      steps: [1, 2, 3, 4],
      columns: [
        [9, 8, 7, undefined],
        [undefined, undefined, 6, 5],
      ],
    });
    expect(stitch(attempts, 'lr').attempts).toEqual([2]);
  });

  it('shows what is to come, unless that is nearly everything', () => {
    expect([extent(attempts, 8), extent(attempts, 5000), extent([], null)]).toEqual([
      [1, 8],
      [1, 4],
      [0, 1],
    ]);
  });

  it.each([
    ['what differs little fills it', 0.92, 1.1, [0.8, 1.155]],
    ['what differs much does, too', 3e-4, 0.5, [2e-4, 0.525]],
    ['a flat line does not stand on the edge', 0.5, 0.5, [0.4, 0.525]],
  ])('on a logarithmic axis %s', (_what, least, most, [from = 0, to = 0]) => {
    const [low, high] = logRange(least, most);
    expect([low, high]).toEqual([expect.closeTo(from, 6), expect.closeTo(to, 6)]);
  });

  it('without a value above zero a logarithmic axis is there all the same', () => {
    expect(logRange(null, null)).toEqual([1, 10]);
  });

  it('is zoomed and moved by keys, and never leaves what there is', () => {
    const all = [0, 100] as const;
    expect(zoomed('+', null, all)).toEqual([25, 75]);
    expect(zoomed('-', [25, 75], all)).toBeNull();
    expect(zoomed('ArrowLeft', [5, 45], all)).toEqual([0, 40]);
    expect(zoomed('ArrowRight', [60, 100], all)).toEqual([60, 100]);
    expect(zoomed('0', [5, 45], all)).toBeNull();
    expect(zoomed('x', null, all)).toBeUndefined();
  });
});

describe('the drawing of the state machine', () => {
  it('has every state of the state machine but those that only choose', () => {
    const { boxes } = layout(1200);
    expect([...Object.keys(boxes), ...NOT_DRAWN].sort()).toEqual(Object.keys(asl.States).sort());
    for (const { from, to } of EDGES) expect([boxes[from], boxes[to]]).not.toContain(undefined);
  });

  const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, second)).toISOString();
  const visited = (...states: readonly (readonly [state: string, second: number])[]) =>
    states.map(([state, second]) => ({
      ...{ state, visits: 1, seconds: 1, enteredAt: null },
      ...{ firstEnteredAt: at(0), lastEnteredAt: at(second) },
    }));
  const taken = (timings: ReturnType<typeof visited>, attempt = 1) =>
    ways(timings, attempt).flatMap(({ from, to, isTaken }) => (isTaken ? [`${from} → ${to}`] : []));
  const end = [
    ['ReleaseNodes', 8],
    ['NotifyFinished', 9],
  ] as const;

  it('leads a failure past the states that are for what went well, from where it happened', () => {
    const trained = [
      ['PlanJob', 0],
      ['LaunchNodes', 1],
      ['RunTraining', 2],
    ] as const;
    expect(taken(visited(...trained, ...end, ['Failed', 10]))).toEqual([
      'PlanJob → LaunchNodes',
      'LaunchNodes → RunTraining',
      'ReleaseNodes → NotifyFinished',
      'NotifyFinished → Failed',
      'RunTraining → ReleaseNodes',
    ]);
    expect(taken(visited(['PlanJob', 0], ...end))).toContain('PlanJob → ReleaseNodes');
    // The second attempt found no capacity.
    const launchedLast = visited(['PlanJob', 0], ['LaunchNodes', 7], ['RunTraining', 2], ...end);
    expect(taken(launchedLast, 2)).toContain('LaunchNodes → ReleaseNodes');
  });

  it('has no such way where all went well, or while it goes on', () => {
    expect(taken(visited(['RunTraining', 2], ['CollectResults', 3], ...end))).not.toContain(
      'RunTraining → ReleaseNodes',
    );
    expect(taken(visited(['PlanJob', 0], ['RunTraining', 2]))).toEqual([]);
  });

  it('leads back to a launch when there is another attempt, not when a heartbeat was missed', () => {
    const again = visited(['LaunchNodes', 1], ['RunTraining', 2]).map((timing) => ({ ...timing, visits: 3 }));
    expect(taken(again, 2)).toContain('RunTraining → LaunchNodes');
    expect(taken(again, 1)).not.toContain('RunTraining → LaunchNodes');
  });

  it.each([1400, 900, 859, 360, 320])('fits into %d px, and no box lies on another', (width) => {
    const boxes = Object.values(layout(width).boxes);
    for (const [index, a] of boxes.entries()) {
      expect(a.x + a.width).toBeLessThanOrEqual(width);
      for (const b of boxes.slice(index + 1)) {
        const isApart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(isApart).toBe(true);
      }
    }
  });
});

describe('an axis of time', () => {
  const ten = new Date(2026, 10, 24, 10, 0, 0);
  const midnight = new Date(2026, 10, 24);

  it.each([
    ['says seconds only where ticks differ by them', ten, 15_000, /^10:00:00$/],
    ['says hours and minutes of what took hours', ten, 30 * 60_000, /^10:00$/],
    ['says which day begins', midnight, 6 * 3_600_000, /^Nov 24$|^24 Nov$/],
  ])('%s', (_what, tick, stepMs, expected) => {
    expect(tickTime(tick, stepMs)).toMatch(expected);
  });
});

it.each([
  ['', { page: 'sessions' }],
  ['#/', { page: 'sessions' }],
  ['#/s/digits-1', { page: 'session', sessionId: 'digits-1', tab: 'overview' }],
  ['#/s/digits-1/logs', { page: 'session', sessionId: 'digits-1', tab: 'logs' }],
  ['#/new?from=digits-1', { page: 'new', from: 'digits-1' }],
  ['#/costs', { page: 'costs' }],
  ['#/elsewhere', { page: 'nowhere' }],
])('the address %p leads to %p', (hash, place) => {
  expect(placeOf(hash)).toEqual(place);
});

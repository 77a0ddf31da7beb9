/** What the web page draws, computed: metrics over steps, states with their times, attempts over time, rows of a list. */
import { iso, MINUTE_MS, SECOND_MS } from '../../core/time';
import { gantt, spanText } from '../../core/view/gantt';
import { MetricReader } from '../../core/view/metric-history';
import { sessionRow } from '../../core/view/session-row';
import { sessionView } from '../../core/view/session-view';
import { type StateEvent, stateTimings } from '../../core/view/state-timings';
import { aFinal, aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';

describe('metrics over steps', () => {
  function read(lines: readonly string[], most = 100) {
    const reader = new MetricReader();
    for (const line of lines) reader.read(line);
    return reader.metrics(most);
  }

  it('are read from what training prints, in any of its forms', () => {
    expect(read(['starting', 'step=1 total=9 loss=3.5', '{"step": 2, "loss": 2.5, "lr": 0.1}', 'done'])).toEqual({
      loss: { steps: [1, 2], values: [3.5, 2.5] },
      lr: { steps: [2], values: [0.1] },
    });
  });

  it('numbers without a step belong to the last one; before the first they belong to none', () => {
    expect(read(['accuracy=0.1', 'step=4', 'accuracy=0.7'])).toEqual({ accuracy: { steps: [4], values: [0.7] } });
  });

  it('a step that is told again counts once, as told last; steps ascend', () => {
    expect(read(['step=2 loss=5', 'step=1 loss=6', 'step=2 loss=4'])).toEqual({
      loss: { steps: [1, 2], values: [6, 4] },
    });
  });

  it('of many points those stay that one would see: both ends, the least and the greatest', () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, step) => `step=${step} loss=${step === 5_003 ? 99 : step === 6_001 ? -7 : 1}`,
    );
    const { loss } = read(lines, 200);
    expect(loss?.steps.length).toBeLessThanOrEqual(202);
    expect([loss?.steps[0], loss?.steps.at(-1)]).toEqual([0, 9_999]);
    expect(loss?.values).toEqual(expect.arrayContaining([99, -7]));
  });

  it('a million steps take no more memory than a screen can use', () => {
    const reader = new MetricReader();
    for (let step = 0; step < 200_000; step++) reader.take(step, { loss: step });
    const { loss } = reader.metrics(Number.POSITIVE_INFINITY);
    expect(loss?.steps.length).toBeLessThanOrEqual(40_001);
    expect(loss?.steps.at(-1)).toBe(199_999);
  });
});

describe('states with their times', () => {
  const at = (second: number) => iso(NOW + second * SECOND_MS);
  let id = 0;
  const event = (second: number, kind: StateEvent['kind'], state: string): StateEvent => ({
    id: ++id,
    at: at(second),
    kind,
    state,
  });

  it('add up the visits, and the one that goes on has no end', () => {
    const events = [
      event(0, 'entered', 'PlanJob'),
      event(2, 'exited', 'PlanJob'),
      event(2, 'entered', 'LaunchNodes'),
      event(5, 'exited', 'LaunchNodes'),
      event(5, 'entered', 'RunTraining'),
      event(65, 'exited', 'RunTraining'),
      event(65, 'entered', 'LaunchNodes'),
    ];
    expect(stateTimings(events.toReversed(), null)).toEqual([
      { state: 'PlanJob', visits: 1, seconds: 2, enteredAt: null, firstEnteredAt: at(0), lastEnteredAt: at(0) },
      { state: 'LaunchNodes', visits: 2, seconds: 3, enteredAt: at(65), firstEnteredAt: at(2), lastEnteredAt: at(65) },
      { state: 'RunTraining', visits: 1, seconds: 60, enteredAt: null, firstEnteredAt: at(5), lastEnteredAt: at(5) },
    ]);
  });

  it('a state that was left by a caught error is left when the next one is entered', () => {
    const events = [event(0, 'entered', 'RunTraining'), event(9, 'entered', 'LaunchNodes')];
    expect(stateTimings(events, null)).toMatchObject([
      { state: 'RunTraining', seconds: 9, enteredAt: null },
      { state: 'LaunchNodes', enteredAt: at(9) },
    ]);
  });

  it('an execution that was aborted is in no state any more', () => {
    expect(stateTimings([event(0, 'entered', 'RunTraining')], at(30))).toMatchObject([
      { seconds: 30, enteredAt: null },
    ]);
  });
});

describe('attempts over time', () => {
  const stages = [
    { stage: 'boot' as const, startedAt: minutesAgo(9), seconds: 30 },
    { stage: 'train' as const, startedAt: minutesAgo(8), seconds: null },
  ];
  const view = (node: Parameters<typeof aNode>[0], attempt: Parameters<typeof anAttempt>[0] = {}) =>
    sessionView({
      sessionId: 'digits-1',
      execution: null,
      session: aSession({ attempts: [anAttempt({ nodes: [aNode(node)], ...attempt })] }),
      reports: new Map(),
      now: NOW,
    });
  const status = { ...aNode().status, stages } as NonNullable<ReturnType<typeof aNode>['status']>;

  it('nothing before the first', () => {
    expect(gantt([], [], NOW)).toBeNull();
  });

  it('launch, stages, and the one that goes on up to now', () => {
    const chart = gantt(view({ status }).attempts, [], NOW);
    expect(
      chart?.rows[0]?.spans.map(({ kind, fromMs, toMs, isGoingOn }) => [kind, (toMs - fromMs) / MINUTE_MS, isGoingOn]),
    ).toEqual([
      ['launch', 1, false],
      ['boot', 0.5, false],
      ['train', 8, true],
    ]);
    const train = chart?.rows[0]?.spans[2];
    expect(train && spanText(train)).toBe('train, 8 min 00 s so far');
  });

  it('marks the resume, the notice, every checkpoint, and the end with its reason', () => {
    const checkpoint = {
      name: 'step-9.pt',
      step: 9,
      sequence: 1,
      sizeBytes: 1,
      committedAt: minutesAgo(3),
      uploadSeconds: 1,
    };
    const from = { userId: 'AROA:i-0', sequence: 1, step: 4, name: 'step-4.pt' };
    const final = aFinal({ stages, resumedFrom: from, lastCheckpoint: checkpoint, outcome: 'interrupted' });
    const verdict = { error: 'SpotInterrupted' as const, message: 'AWS took it back\nand more', at: minutesAgo(2) };
    const { attempts } = view(
      { final, state: 'terminated', stateSince: minutesAgo(1), noticeAt: minutesAgo(4) },
      { verdict },
    );
    const [row] = gantt(attempts, [], NOW)?.rows ?? [];
    expect(row?.marks.map(({ kind, text }) => [kind, text.split(';')[0]])).toEqual([
      ['resume', 'resumes from step 4'],
      ['notice', 'two-minute notice'],
      ['checkpoint', 'checkpoint step 9 committed'],
      ['end', 'AWS took it back'],
    ]);
    expect(row?.spans.at(-1)).toMatchObject({ kind: 'release', isGoingOn: false, toMs: NOW - MINUTE_MS });
  });
});

describe('a gang over time', () => {
  const stages = [{ stage: 'train' as const, startedAt: minutesAgo(8), seconds: null }];
  const ofRank = (rank: number, changes: object = {}) =>
    aNode({ instanceId: `i-${rank}`, userId: `AROA:i-${rank}`, rank, ...changes });
  const chartOf = (nodes: ReturnType<typeof aNode>[], reports = new Map()) => {
    const session = aSession({ attempts: [anAttempt({ nodes })] });
    const view = sessionView({ sessionId: 'digits-1', execution: null, session, reports, now: NOW });
    return gantt(view.attempts, [], NOW);
  };

  it('has a row for each node, of what it said of itself, and each with its own notice and end', () => {
    const said = new Map([['AROA:i-1', { status: { ...aNode().status, stages } as never }]]);
    const gone = { endedAt: minutesAgo(1), state: 'terminated', noticeAt: minutesAgo(3) };
    const rows = chartOf([ofRank(0), ofRank(1), ofRank(2, gone)], said)?.rows ?? [];
    expect(rows.map(({ rank }) => rank)).toEqual([0, 1, 2]);
    expect(rows[1]?.spans.map(({ kind, isGoingOn }) => [kind, isGoingOn])).toEqual([
      ['launch', false],
      ['train', true],
    ]);
    expect(rows.map(({ marks }) => marks.map(({ kind }) => kind))).toEqual([[], [], ['notice']]);
  });

  it('of a large gang has sixteen rows, with those that got a notice, and says how many are left out', () => {
    const chart = chartOf(
      Array.from({ length: 64 }, (_, rank) => ofRank(rank, rank === 60 ? { noticeAt: minutesAgo(3) } : {})),
    );
    expect(chart?.rows).toHaveLength(16);
    expect(chart?.rows.at(-1)).toMatchObject({ rank: 60 });
    expect(chart?.leftOut.get(1)).toBe(48);
  });
});

describe('a row of the list', () => {
  const sources = { sessionId: 'digits-1', execution: null, reports: new Map(), now: NOW };

  it('has what one looks for: state, progress, loss before all metrics, cost, machine', () => {
    const progress = {
      step: 250,
      total: 1000,
      metrics: { accuracy: 0.9, eval_loss: 0.4 },
      etaSeconds: 60,
      steppedAt: null,
    };
    const status = { ...aNode().status, progress } as NonNullable<ReturnType<typeof aNode>['status']>;
    const session = aSession({ attempts: [anAttempt({ nodes: [aNode({ status })] })] }, { limits: { maxUsd: 4 } });
    expect(sessionRow(sessionView({ ...sources, session }))).toMatchObject({
      state: 'training',
      fraction: 0.25,
      metric: { name: 'eval_loss', value: 0.4 },
      maxUsd: 4,
      instanceType: 'g5.xlarge',
      nodes: 1,
      interruptions: 0,
    });
  });

  it('has the machine that trains, not the one that is made ready to replace it, nor one that was given up', () => {
    const rowOf = (verdict: NonNullable<ReturnType<typeof anAttempt>['verdict']> | null) => {
      const other = aNode({ instanceId: 'i-2', instanceType: 'p5.48xlarge', status: null });
      const replacement = anAttempt({ number: 2, nodes: [other], taskToken: null, verdict });
      return sessionRow(sessionView({ ...sources, session: aSession({ attempts: [anAttempt(), replacement] }) }));
    };
    expect(rowOf(null)).toMatchObject({ state: 'training', attempt: 1, instanceType: 'g5.xlarge' });
    const dropped = rowOf({ error: 'ReplacementDropped', message: 'AWS took it back.', at: iso(NOW) });
    expect(dropped).toMatchObject({ attempt: 1, instanceType: 'g5.xlarge' });
  });

  it('of a refused job says why, and nothing else', () => {
    const execution = {
      executionArn: 'x',
      status: 'FAILED',
      startedAt: iso(NOW),
      endedAt: iso(NOW),
      error: 'InvalidJobSpec',
      cause: 'wrong',
    };
    expect(sessionRow(sessionView({ ...sources, execution, session: null }))).toMatchObject({
      state: 'refused',
      name: null,
      error: 'InvalidJobSpec',
      usd: null,
    });
  });
});

import { iso, MINUTE_MS } from '../../core/time';
import { sessionView } from '../../core/view/session-view';
import type { ExecutionLook, SessionSources } from '../../core/view/sources';
import { aFinal, aNode, anAttempt, aSession, aStatus, minutesAgo, NOW } from '../support/sessions';

const execution: ExecutionLook = {
  executionArn: 'arn:aws:states:us-east-1:000000000000:execution:Runctl:digits-1',
  status: 'RUNNING',
  startedAt: minutesAgo(11),
  endedAt: null,
  error: null,
  cause: null,
};
const userId = aNode().userId;

function view(changes: Partial<SessionSources> = {}) {
  return sessionView({
    sessionId: 'digits-1',
    execution,
    session: aSession(),
    reports: new Map(),
    now: NOW,
    ...changes,
  });
}

const reporting = (status: ReturnType<typeof aStatus>) => ({ reports: new Map([[userId, { status }]]) });
const withNode = (node: Parameters<typeof aNode>[0]) => ({
  session: aSession({ attempts: [anAttempt({ nodes: [aNode(node)] })] }),
});

describe('the state of a session, in one word', () => {
  it.each([
    ['planning', { session: null }],
    [
      'refused',
      { session: null, execution: { ...execution, status: 'FAILED', error: 'InvalidJobSpec', cause: 'wrong' } },
    ],
    ['launching', { session: aSession({ attempts: [] }) }],
    [
      'launching',
      { session: aSession({ attempts: [anAttempt({ nodes: [], launch: { ...anAttempt().launch, doneAt: null } })] }) },
    ],
    ['waiting for capacity', { session: aSession({ attempts: [anAttempt({ nodes: [] })] }) }],
    ['starting', withNode({ status: null })],
    ['staging', reporting(aStatus({ stage: 'data' }))],
    ['training', {}],
    ['saving', withNode({ noticeAt: minutesAgo(1) })],
    ['saving', reporting(aStatus({ stage: 'train', stopping: { reason: 'SpotNotice', at: minutesAgo(0) } }))],
    ['uploading', reporting(aStatus({ stage: 'upload' }))],
    [
      'stopping',
      {
        session: aSession({
          stopRequest: {
            at: minutesAgo(1),
            reason: 'StoppedByUser',
            by: 'x',
            immediate: false,
            deadline: minutesAgo(-5),
          },
        }),
      },
    ],
    ['finishing', withNode({ final: aFinal({ outcome: 'succeeded', stage: 'train' }) })],
    ['launching', withNode({ noticeAt: minutesAgo(1), final: aFinal({ outcome: 'interrupted', stage: 'train' }) })],
    ['stopping', { execution: { ...execution, status: 'ABORTED' } }],
    [
      'launching',
      {
        session: aSession({
          attempts: [anAttempt({ verdict: { error: 'SpotInterrupted', message: '', at: minutesAgo(0) } })],
        }),
      },
    ],
    [
      'finishing',
      { session: aSession({ attempts: [anAttempt({ verdict: { error: null, message: '', at: minutesAgo(0) } })] }) },
    ],
    [
      'succeeded',
      {
        session: aSession({
          outcome: { result: 'succeeded', error: null, message: 'done', at: minutesAgo(0), resumable: false },
        }),
      },
    ],
  ] as [string, Partial<SessionSources>][])('%s', (state, changes) => {
    expect(view(changes).state).toBe(state);
  });

  it('says of a refused job why, from its execution', () => {
    const refused = view({
      session: null,
      execution: { ...execution, status: 'FAILED', error: 'InvalidJobSpec', cause: 'wrong' },
    });
    expect(refused).toMatchObject({
      isOver: true,
      outcome: { result: 'failed', error: 'InvalidJobSpec', message: 'wrong', resumable: false },
    });
  });
});

describe('progress', () => {
  const progress = { step: 200, total: 1000, metrics: { loss: 0.4 }, etaSeconds: 120, steppedAt: minutesAgo(0) };

  it('is the node’s own, and its time left shrinks while nothing is heard', () => {
    const now = NOW + MINUTE_MS;
    const { progress: seen } = view({ ...reporting(aStatus({ stage: 'train', progress, at: iso(NOW) })), now });
    expect(seen).toEqual({
      step: 200,
      total: 1000,
      metrics: { loss: 0.4 },
      notFinite: null,
      fraction: 0.2,
      etaSeconds: 60,
    });
  });

  it('of a new attempt that has said nothing is what the one before had reached, without a time left', () => {
    const ended = { error: 'SpotInterrupted' as const, message: '', at: minutesAgo(2) };
    const attempts = [
      anAttempt({ nodes: [aNode({ final: aFinal({ outcome: 'interrupted', progress }) })], verdict: ended }),
      anAttempt({ number: 2, nodes: [aNode({ instanceId: 'i-00000000000000002', status: null })] }),
    ];
    expect(view({ session: aSession({ attempts }) })).toMatchObject({
      state: 'starting',
      attempt: 2,
      progress: { step: 200, fraction: 0.2, etaSeconds: null },
    });
  });

  it('without a total has no fraction', () => {
    const seen = view(reporting(aStatus({ progress: { ...progress, total: null, etaSeconds: null } })));
    expect(seen.progress).toMatchObject({ step: 200, fraction: null, etaSeconds: null });
  });
});

it('a checkpoint has an age, a cost a limit, and what is unknown stays unknown', () => {
  const lastCheckpoint = aFinal().lastCheckpoint;
  const known = view(reporting(aStatus({ lastCheckpoint })));
  expect(known.lastCheckpoint).toMatchObject({ name: 'step-100.pt', attempt: 1, ageSeconds: 60 });
  expect(known.cost?.usdPerHour).toBe(0.5);
  const session = aSession(
    { attempts: [anAttempt({ nodes: [aNode({ usdPerHour: null })] })] },
    { limits: { maxUsd: 5 } },
  );
  expect(view({ session }).cost).toMatchObject({ usd: null, maxUsd: 5, usdPerHour: null });
});

it('the flight recorder has what the record noted and what nodes measured, in order of time', () => {
  const stages = [{ stage: 'train' as const, startedAt: minutesAgo(3), seconds: null }];
  const resumedFrom = { userId, sequence: 3, step: 100, name: 'step-100.pt' };
  const shutdown = { noticeToSignalSeconds: 1, saveSeconds: 2, uploadSeconds: 3 };
  const ended = { error: 'SpotInterrupted' as const, message: '', at: minutesAgo(5) };
  const session = aSession({
    attempts: [
      anAttempt({ nodes: [aNode({ final: aFinal({ outcome: 'interrupted', shutdown }) })], verdict: ended }),
      anAttempt({
        number: 2,
        nodes: [aNode({ instanceId: 'i-2', userId: 'other', final: aFinal({ stages, resumedFrom }) })],
      }),
    ],
    timeline: [
      { at: minutesAgo(10), what: 'Planned' },
      { at: minutesAgo(0), what: 'later' },
    ],
  });
  expect(view({ session }).timeline.map(({ what }) => what)).toEqual([
    'Planned',
    'Attempt 2 goes on at step 100 from step-100.pt, verified',
    'Attempt 1 saved in 2.0 s, uploaded in 3.0 s: step-100.pt',
    'later',
  ]);
});

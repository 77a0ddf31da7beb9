/** Nodes lie: what one says may hurt its own session, and nothing else. */
import fc from 'fast-check';
import type { Session } from '../../core/session/session';
import { iso } from '../../core/time';
import { handleEvent } from '../../lambdas/handle-event/handle-event';
import { reconcile } from '../../lambdas/reconcile/reconcile';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';
import { aFinal, aNode, anAttempt, aSession, aStatus, NOW } from '../support/sessions';
import { isSafeToShow, nastyNumber, nastyText, nastyValue } from './support';

const LIAR = 'i-00000000000000001';
const HONEST = 'i-00000000000000002';
/** Of a DynamoDB item, with its keys. */
const ITEM_BYTES = 400_000;
const TIME = '2026-11-23T12:00:00Z';

const honest = (): Session =>
  aSession({
    sessionId: 'honest-1',
    executionArn: 'arn:aws:states:us-east-1:000000000000:execution:Runctl:honest-1',
    attempts: [anAttempt({ nodes: [aNode({ instanceId: HONEST })] })],
  });

function world(...sessions: Session[]): MemoryPorts {
  const ports = memoryPorts(...sessions);
  for (const { sessionId, executionArn, attempts } of sessions) {
    ports.executions.statuses.set(executionArn, 'RUNNING');
    for (const { instanceId, instanceType, zone, privateAddress, launchedAt } of attempts.flatMap(
      (each) => each.nodes,
    )) {
      ports.sessions.index.set(instanceId, sessionId);
      const instance = { instanceId, instanceType, zone, privateAddress, hasPublicAddress: false, launchedAt };
      ports.fleet.add(instance, { tags: { SessionId: sessionId, Attempt: '1' }, market: 'spot' });
    }
  }
  return ports;
}

const event = (source: string, detailType: string, detail: unknown) => ({
  ...{ version: '0', id: 'e-1', account: '000000000000', region: 'us-east-1', resources: [], time: TIME },
  ...{ source, 'detail-type': detailType, detail },
});
const finalWritten = (instanceId: string) =>
  event('aws.s3', 'Object Created', { object: { key: `final/AROANODE:${instanceId}.json`, size: 1 } });

/** Everything that people may be shown of a session. */
const shownOf = (ports: MemoryPorts) => [
  ...ports.sessions.record().timeline.map(({ what }) => what),
  ...ports.tasks.completed
    .map((each) => JSON.parse(JSON.stringify(each)) as unknown)
    .map((each) => Object.values(Object(each)))
    .flat(2)
    .filter((each) => typeof each === 'string'),
  ...ports.notifier.published.flatMap(({ subject, body }) => [subject, body]),
];

/** Tells the control plane in both of its ways, and looks at what came of it. */
async function told(status: unknown, final: unknown, liar = aSession()): Promise<MemoryPorts> {
  const ports = world(liar, honest());
  ports.objects.setJson(`status/AROANODE:${LIAR}.json`, status);
  ports.objects.setJson(`final/AROANODE:${LIAR}.json`, final);
  ports.objects.setJson(`status/AROANODE:${HONEST}.json`, aStatus({ sessionId: 'honest-1' }));
  await handleEvent(finalWritten(LIAR), ports);
  await reconcile(ports);
  ports.clock.pass(120_000);
  await reconcile(ports);
  const record = ports.sessions.record();
  expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(ITEM_BYTES);
  for (const text of shownOf(ports)) expect([text, isSafeToShow(text)]).toEqual([text, true]);
  const other = ports.sessions.record('honest-1');
  expect(other).toMatchObject({ outcome: null, stopRequest: null, attempts: [{ verdict: null }] });
  expect(ports.fleet.terminated).not.toContain(HONEST);
  return ports;
}

/** A true report with some of it replaced. */
const lies = (truth: object, fields: readonly string[]) =>
  fc
    .dictionary(fc.constantFrom(...fields), nastyValue, { maxKeys: 4 })
    .map((changes): unknown => ({ ...truth, ...changes }));

const longText = fc
  .tuple(nastyText, fc.integer({ min: 1, max: 4000 }))
  .map(([text, count]) => text.repeat(count).slice(0, 4000));
const date = fc.oneof(
  fc.constantFrom(
    'never',
    '',
    iso(NOW),
    '+275760-09-13T00:00:00.000Z',
    '-271821-04-20T00:00:00.000Z',
    '1970-01-01',
    '9999-12-31T23:59:59Z',
  ),
  nastyText.map((text) => text.slice(0, 40)),
);
const checkpoint = fc.record({
  name: nastyText.map((text) => text.slice(0, 255)),
  step: fc.option(nastyNumber),
  sequence: fc.integer({ min: -5, max: 2 ** 31 }),
  sizeBytes: nastyNumber,
  committedAt: date,
  uploadSeconds: nastyNumber,
});
const progress = fc.record({
  step: fc.option(nastyNumber),
  total: fc.option(nastyNumber),
  metrics: fc.dictionary(
    nastyText.map((text) => text.slice(0, 128)),
    nastyNumber,
    { maxKeys: 40 },
  ),
  etaSeconds: fc.option(nastyNumber),
  steppedAt: fc.option(date),
});
const resumedFrom = fc.record({
  userId: nastyText.map((text) => text.slice(0, 256)),
  sequence: fc.integer(),
  step: fc.option(nastyNumber),
  name: nastyText.map((text) => text.slice(0, 255)),
});
const stages = fc.array(
  fc.record({ stage: fc.constantFrom('boot', 'train', 'done'), startedAt: date, seconds: fc.option(nastyNumber) }),
  { maxLength: 64 },
);
/** What passes the schema, with the worst in it. */
const status = fc.record({
  stage: fc.constantFrom('boot', 'code', 'train', 'upload', 'done'),
  at: date,
  seq: fc.integer(),
  stages,
  progress,
  lastCheckpoint: fc.option(checkpoint),
  resumedFrom: fc.option(resumedFrom),
  warnings: fc.array(longText, { maxLength: 10 }),
});
const final = fc.record({
  at: date,
  outcome: fc.constantFrom('succeeded', 'failed', 'interrupted', 'stopped', null),
  reason: fc.option(
    fc.constantFrom('SpotNotice', 'PeerLost', 'BudgetReached', 'StoppedByUser', '\u001b[2J', 'x'.repeat(256)),
  ),
  notice: fc.option(fc.record({ action: fc.constant('terminate'), time: date, seenAt: date })),
  exitCode: fc.option(fc.integer()),
  signal: fc.option(nastyText.map((text) => text.slice(0, 256))),
  error: fc.option(longText),
  stage: fc.constantFrom('boot', 'train', 'upload'),
  logTail: fc.array(
    longText.map((text) => text.slice(0, 2000)),
    { maxLength: 50 },
  ),
  logUri: fc.option(nastyText.map((text) => text.slice(0, 1200))),
  lastCheckpoint: fc.option(checkpoint),
  resumedFrom: fc.option(resumedFrom),
  progress,
  stages,
  resultsManifestUri: fc.option(nastyText.map((text) => text.slice(0, 1200))),
});

describe('a lying node', () => {
  it('is not believed when what it says has the wrong form', async () => {
    const statusFields = Object.keys(aStatus());
    const finalFields = Object.keys(aFinal());
    await fc.assert(
      fc.asyncProperty(lies(aStatus(), statusFields), lies(aFinal(), finalFields), async (said, lastWord) => {
        await told(said, lastWord);
      }),
      { numRuns: 60 },
    );
  });

  it('hurts its own session only, whatever it says in the right form', async () => {
    await fc.assert(
      fc.asyncProperty(status, final, async (said, lastWord) => {
        await told({ ...aStatus(), ...said }, { ...aFinal(), ...lastWord });
      }),
      { numRuns: 60 },
    );
  });

  it('may write what is no JSON, or endless', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const long = JSON.stringify({
      ...aStatus(),
      warnings: Array(50).fill('x'.repeat(4_096)),
      extra: 'x'.repeat(100_000),
    });
    for (const text of ['', '{', 'null', '7', '[]', '"text"', '\u0000', deep, long]) {
      const ports = world(aSession(), honest());
      for (const folder of ['status', 'final']) ports.objects.set(`s3://bucket/${folder}/AROANODE:${LIAR}.json`, text);
      await handleEvent(finalWritten(LIAR), ports);
      await reconcile(ports);
      expect(ports.sessions.record()).toMatchObject({ outcome: null, attempts: [{ verdict: null }] });
      expect(ports.sessions.record().attempts[0]?.nodes[0]?.final).toBeNull();
    }
  });

  it('cannot speak for another session or attempt', async () => {
    const ports = await told(
      aStatus({ sessionId: 'honest-1', stage: 'done' }),
      aFinal({ sessionId: 'honest-1', outcome: 'failed' }),
    );
    expect(ports.sessions.record().attempts[0]).toMatchObject({ verdict: null, nodes: [{ final: null }] });
    const other = await told(aStatus({ attempt: 2 }), aFinal({ attempt: 2, outcome: 'failed' }));
    expect(other.sessions.record().attempts[0]).toMatchObject({ verdict: null, nodes: [{ final: null }] });
  });

  it('is bounded in what it can put into the record, be it one of 64', async () => {
    const ids = Array.from({ length: 64 }, (_, index) => `i-${String(index + 1).padStart(17, '0')}`);
    const liars = ids.filter((id) => id !== HONEST);
    const nodes = liars.map((instanceId, rank) => aNode({ instanceId, rank }));
    const ports = world(aSession({ attempts: [anAttempt({ nodes })] }, { resources: { nodes: 63 } }), honest());
    const metrics = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`${'é'.repeat(120)}${index}`, index]),
    );
    const said = { ...aStatus().progress, metrics };
    const lastCheckpoint = {
      ...{ name: 'é'.repeat(255), step: 1, sequence: 1, sizeBytes: 1 },
      committedAt: iso(NOW),
      uploadSeconds: 1,
    };
    for (const id of liars) {
      ports.objects.setJson(`status/AROANODE:${id}.json`, aStatus({ progress: said, lastCheckpoint }));
      const words = { outcome: 'failed' as const, error: '錯'.repeat(4_000), reason: '錯'.repeat(256), lastCheckpoint };
      const tail = Array.from({ length: 50 }, () => '錯'.repeat(300));
      ports.objects.setJson(
        `final/AROANODE:${id}.json`,
        aFinal({ ...words, logTail: tail, progress: said, stage: 'data' }),
      );
    }
    await reconcile(ports);
    const record = ports.sessions.record();
    expect(record.attempts[0]?.verdict?.error).toBe('TrainingFailed');
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(ITEM_BYTES);
  });
});

describe('a hostile event', () => {
  const DETAIL_TYPES = [
    ['aws.ec2', 'EC2 Spot Instance Interruption Warning'],
    ['aws.ec2', 'EC2 Instance Rebalance Recommendation'],
    ['aws.ec2', 'EC2 Instance State-change Notification'],
    ['aws.ssm', 'EC2 Command Invocation Status-change Notification'],
    ['aws.s3', 'Object Created'],
    ['aws.states', 'Step Functions Execution Status Change'],
    ['runctl', 'Stop Requested'],
    ['runctl', 'Nonsense'],
  ] as const;
  const KEYS = [
    'instance-id',
    'instance-action',
    'state',
    'command-id',
    'status',
    'executionArn',
    'name',
    'sessionId',
    'now',
    'object',
  ];
  const detail = fc.oneof(
    nastyValue,
    fc.dictionary(fc.constantFrom(...KEYS), fc.oneof(nastyValue, fc.record({ key: nastyText })), { maxKeys: 5 }),
  );

  it('is dropped or about nothing, and never fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...DETAIL_TYPES), detail, nastyValue, async ([source, type], said, whole) => {
        const ports = world(honest());
        await handleEvent(event(source, type, said), ports);
        await handleEvent(whole, ports);
        expect(ports.sessions.record('honest-1').attempts[0]?.verdict).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('asks no table for a name that no session can have', async () => {
    const ports = world(honest());
    ports.sessions.get = () => Promise.reject(new Error('the table was asked'));
    for (const sessionId of ['', 'x'.repeat(3_000), 'a b', '../x', '\0']) {
      await handleEvent(event('runctl', 'Stop Requested', { sessionId }), ports);
    }
    expect(ports.counted).toEqual(Array(5).fill('MalformedEvents'));
  });
});

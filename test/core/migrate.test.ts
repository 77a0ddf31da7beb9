/** on.rebalance is migrate: what is decided while one attempt trains and another is made ready. */
import { decide, recordDone } from '../../core/decide';
import type { Facts, NodeFacts } from '../../core/decide/facts';
import { dropReplacement, nextLaunch, supersededBy } from '../../core/launch/launch';
import { currentAttempt, replacementOf } from '../../core/session/attempts';
import type { Node, Session } from '../../core/session/session';
import { iso, MINUTE_MS } from '../../core/time';
import { aFinal, aNode, anAttempt, aSession, aStatus, minutesAgo, NOW } from '../support/sessions';

const OLD = 'i-0000000000000000a';
const NEW = 'i-00000000000000001';
const MIGRATE = { on: { rebalance: 'migrate' as const } };
const running: Facts = { execution: { isRunning: true, status: 'RUNNING' } };
const of = (instanceId: string, facts: NodeFacts): Facts => ({ ...running, nodes: { [instanceId]: facts } });

/** Trains since half an hour; EC2 has recommended to leave its machine. */
function recommended(changes: Partial<Node> = {}, job: Parameters<typeof aSession>[1] = MIGRATE): Session {
  const status = { ...aStatus(), lastCheckpoint: aFinal().lastCheckpoint };
  const old = { instanceId: OLD, launchedAt: minutesAgo(30), rebalanceAt: minutesAgo(1), status, ...changes };
  return aSession({ attempts: [anAttempt({ beganAt: minutesAgo(31), nodes: [aNode(old)] })] }, job);
}

const waiting = { ...aStatus(), stage: 'wait' as const, progress: { ...aStatus().progress, step: null } };

/** The same with an attempt that is made ready. */
function preparing(fresh: Partial<Node> = {}, changes: Partial<Node> = {}): Session {
  const [old] = recommended(changes).attempts;
  if (old === undefined) throw new Error('no attempt');
  const replacement = { attempt: 2, requestedAt: minutesAgo(1), doneAt: minutesAgo(1) };
  const node = aNode({ instanceId: NEW, launchedAt: minutesAgo(2), status: { ...waiting, stage: 'data' }, ...fresh });
  const second = anAttempt({ number: 2, nodes: [node], taskToken: null });
  return aSession({ attempts: [{ ...old, replacement }, second] }, MIGRATE);
}

const kinds = (session: Session, facts: Facts = running, now = NOW) =>
  decide(session, facts, now).actions.map(({ kind }) => kind);
const ordersOf = (session: Session, facts: Facts = running) => {
  const action = decide(session, facts, NOW).actions.find(({ kind }) => kind === 'writeLease');
  return action?.kind === 'writeLease' ? action.lease.orders : undefined;
};
const errorsOf = ({ attempts }: Session) => attempts.map(({ verdict }) => verdict?.error);

describe('another machine is prepared', () => {
  it('once EC2 recommends to leave the one that trains, and once only', () => {
    const first = decide(recommended(), running, NOW);
    const asked = first.actions.find(({ kind }) => kind === 'prepareReplacement');
    expect(asked).toEqual({ kind: 'prepareReplacement', attempt: 2 });
    expect(kinds(first.session)).not.toContain('prepareReplacement');
    const done = asked && recordDone(first.session, asked, 'done', NOW);
    expect(kinds(done as Session, running, NOW + 60 * MINUTE_MS)).not.toContain('prepareReplacement');
  });

  it('by the next function that can, when one could not', () => {
    const first = decide(recommended(), running, NOW);
    const [asked] = first.actions.filter(({ kind }) => kind === 'prepareReplacement');
    const left = asked && recordDone(first.session, asked, 'left', NOW);
    expect(kinds(left as Session, running, NOW + 2 * MINUTE_MS)).toContain('prepareReplacement');
  });

  it('also when the recommendation’s event was lost: the node says it', () => {
    const body = aStatus({ isRebalanceRecommended: true, lastCheckpoint: aFinal().lastCheckpoint });
    const seen = of(OLD, { status: { body, writtenAt: iso(NOW) } });
    expect(kinds(recommended({ rebalanceAt: null, statusAt: minutesAgo(1) }), seen)).toContain('prepareReplacement');
  });

  it.each<[string, Session]>([
    ['the job does not ask for it', recommended({}, {})],
    ['nothing was recommended', recommended({ rebalanceAt: null })],
    ['AWS takes the machine already', recommended({ noticeAt: minutesAgo(0) })],
    ['the machine is not ten minutes old', recommended({ launchedAt: minutesAgo(9) })],
    ['it does not train yet', recommended({ status: waiting })],
    ['it has saved nothing that another one could go on from', recommended({ status: aStatus() })],
    ['a limit is near', recommended({}, { ...MIGRATE, limits: { maxHours: 0.75 } })],
  ])('but not when %s', (_, session) => {
    expect(kinds(session)).not.toContain('prepareReplacement');
  });

  it('but not when somebody wants it to stop', () => {
    expect(kinds(recommended(), { ...running, stop: { by: 'ana', immediate: false } })).not.toContain(
      'prepareReplacement',
    );
  });

  it('again ten minutes after one that came to nothing, three times at most', () => {
    const dropped = (number: number, minutes: number) =>
      anAttempt({
        number,
        nodes: [],
        verdict: { error: 'ReplacementDropped', message: 'No room.', at: minutesAgo(minutes) },
      });
    const tried = (...others: ReturnType<typeof dropped>[]) => {
      const session = recommended();
      return { ...session, attempts: [...session.attempts, ...others] };
    };
    expect(kinds(tried(dropped(2, 9)))).not.toContain('prepareReplacement');
    expect(decide(tried(dropped(2, 11)), running, NOW).actions).toContainEqual({
      kind: 'prepareReplacement',
      attempt: 3,
    });
    expect(kinds(tried(dropped(2, 33), dropped(3, 22), dropped(4, 11)))).not.toContain('prepareReplacement');
  });
});

describe('while it is prepared', () => {
  it('the old attempt speaks for the session, and may go on; the new one stages and waits', () => {
    const session = preparing();
    expect(currentAttempt(session)?.number).toBe(1);
    expect(replacementOf(session)?.number).toBe(2);
    expect(ordersOf(session)).toMatchObject({
      1: { go: true, desired: 'run' },
      2: { go: false, desired: 'run', resumeCandidates: [] },
    });
  });

  it('it asks for Spot alone, however long there is none, and gives up without ending the session', () => {
    const [old] = recommended().attempts;
    const request = anAttempt().launch.request;
    const error = { instanceType: 'g5.xlarge', zone: 'us-east-1a', market: 'spot' as const };
    const errors = [{ ...error, code: 'InsufficientInstanceCapacity', message: 'none' }];
    const launch = { ...anAttempt().launch, request, errors };
    const second = anAttempt({ number: 2, beganAt: minutesAgo(20 * 60), nodes: [], launch, taskToken: null });
    const session = aSession({ attempts: [old as never, second] }, MIGRATE);
    const step = nextLaunch(session, 2, CONTEXT);
    expect(step.kind === 'call' && step.request.market).toBe('spot');

    const given = dropReplacement(session, 2, 'No room.', NOW);
    expect(errorsOf(given)).toEqual([undefined, 'ReplacementDropped']);
    const ended = { ...session, attempts: [{ ...(old as never as object), verdict: LOST } as never, second] };
    expect(dropReplacement(ended, 2, 'No room.', NOW)).toBe(ended);
  });

  it.each<[string, NodeFacts]>([
    ['AWS takes it back', { state: 'terminated', stateReason: 'Server.SpotInstanceTermination' }],
    ['its agent fails', { final: aFinal({ attempt: 2, outcome: 'failed', stage: 'data', error: 'no data' }) }],
    ['a limit stops it', { final: aFinal({ attempt: 2, outcome: 'stopped', reason: 'BudgetReached', stage: 'data' }) }],
  ])('%s: it is given up, and training goes on', (_, facts) => {
    const { session, actions } = decide(preparing(), of(NEW, facts), NOW);
    expect(errorsOf(session)).toEqual([undefined, 'ReplacementDropped']);
    expect(actions.map(({ kind }) => kind)).not.toContain('completeTask');
    expect(currentAttempt(session)?.number).toBe(1);
  });

  it('EC2 recommends to leave it, too: it is given up, unless it is needed now', () => {
    const recommendation = of(NEW, { rebalanceAt: iso(NOW) });
    const { session, actions } = decide(preparing({ status: waiting }), recommendation, NOW);
    expect(errorsOf(session)).toEqual([undefined, 'ReplacementDropped']);
    expect(actions).toContainEqual(expect.objectContaining({ kind: 'terminate', instanceIds: [NEW] }));

    const handedOver = decide(preparing({ status: waiting }), running, NOW).session;
    expect(errorsOf(decide(handedOver, recommendation, NOW).session)).toEqual([undefined, undefined]);
    const noticed = preparing({ status: waiting }, { noticeAt: minutesAgo(1) });
    expect(errorsOf(decide(noticed, recommendation, NOW).session)).toEqual([undefined, undefined]);
  });

  it('AWS takes it back and no session ends by that: it is left to AWS, which charges nothing for it', () => {
    const facts = of(NEW, {
      noticeAt: iso(NOW),
      final: aFinal({ attempt: 2, outcome: 'interrupted', reason: 'SpotNotice', stage: 'wait' }),
    });
    const { session, actions } = decide(preparing({ status: waiting }), facts, NOW);
    expect(errorsOf(session)).toEqual([undefined, 'ReplacementDropped']);
    expect(actions.map(({ kind }) => kind)).not.toContain('terminate');
    const later = decide(session, running, NOW + 3 * MINUTE_MS).actions;
    expect(later).toContainEqual(expect.objectContaining({ kind: 'terminate', instanceIds: [NEW] }));
  });

  it('a limit comes near before there is room for it: it is not launched any more', () => {
    const unlaunched = (doneAt: string | null) => {
      const { attempts, ...rest } = aSession({}, { ...MIGRATE, limits: { maxHours: 0.75 } });
      const launch = { ...anAttempt().launch, doneAt };
      return {
        ...rest,
        attempts: [...recommended().attempts, anAttempt({ ...attempts[0], number: 2, nodes: [], launch })],
      };
    };
    const { session } = decide(unlaunched(minutesAgo(1)), running, NOW);
    expect(errorsOf(session)).toEqual([undefined, 'ReplacementDropped']);
    expect(nextLaunch(session, 2, CONTEXT)).toMatchObject({ kind: 'stop', error: 'ReplacementDropped' });
    // What the call that is under way brings has to find its place in the record.
    expect(errorsOf(decide(unlaunched(null), running, NOW).session)).toEqual([undefined, undefined]);
  });

  it.each<[string, Facts]>([
    ['training finishes', of(OLD, { final: aFinal() })],
    ['training fails', of(OLD, { final: aFinal({ outcome: 'failed', exitCode: 3 }) })],
    ['somebody wants it to stop', { ...running, stop: { by: 'ana', immediate: false } }],
  ])('%s: it goes at once', (_, facts) => {
    const { session, actions } = decide(preparing(), facts, NOW);
    expect(errorsOf(session)[1]).toBe('ReplacementDropped');
    const doomed = actions.flatMap((action) => (action.kind === 'terminate' ? action.instanceIds : []));
    expect(doomed).toContain(NEW);
    expect(currentAttempt(session)?.number).toBe(1);
    expect(JSON.parse(session.lease?.orders ?? '{}')).not.toHaveProperty('2');
  });

  it('the execution is aborted: the session ends with the old one’s last word', () => {
    const aborted = decide(preparing(), { execution: { isRunning: false, status: 'ABORTED' } }, NOW).session;
    expect(aborted.outcome).toBeNull();
    const final = aFinal({ outcome: 'stopped', reason: 'Aborted' });
    const { session } = decide(aborted, { nodes: { [OLD]: { final } } }, NOW);
    expect(session.outcome).toMatchObject({ result: 'aborted', resumable: true });
  });

  it('AWS takes the old one: the state machine hears of it, and the new one may train when nobody else does', () => {
    const lost = decide(preparing(), of(OLD, { final: aFinal({ outcome: 'interrupted', reason: 'SpotNotice' }) }), NOW);
    expect(lost.actions).toContainEqual({
      kind: 'completeTask',
      attempt: 1,
      token: 'secret-token',
      result: { error: 'SpotInterrupted', cause: expect.any(String) },
    });
    expect(currentAttempt(lost.session)?.number).toBe(2);
    expect(JSON.parse(lost.session.lease?.orders ?? '{}')).toMatchObject({
      2: { go: true, resumeCandidates: [`AROANODE:${OLD}`] },
    });
  });

  it('what was not launched by then has all its patience from then on', () => {
    const session = preparing();
    const [first, second] = session.attempts;
    const unlaunched = { ...session, attempts: [first, { ...second, nodes: [], beganAt: minutesAgo(600) }] } as Session;
    const facts = of(OLD, { final: aFinal({ outcome: 'interrupted', reason: 'SpotNotice' }) });
    expect(decide(unlaunched, facts, NOW).session.attempts[1]?.beganAt).toBe(iso(NOW));
  });
});

describe('handing over', () => {
  const ready = () => preparing({ status: waiting });

  it('the old attempt is told to save and stop when the new one waits for nothing else', () => {
    const { session } = decide(ready(), running, NOW);
    expect(session.attempts[0]?.intervention).toMatchObject({ error: 'TrainingMigrated' });
    expect(ordersOf(ready())).toMatchObject({
      1: { desired: 'stop', reason: 'TrainingMigrated', immediate: false },
      2: { go: false },
    });
  });

  it.each<[string, Partial<Node>]>([
    ['stages still', { status: { ...waiting, stage: 'data' } }],
    ['has been silent', { status: waiting, statusAt: minutesAgo(6) }],
    ['is going', { status: waiting, state: 'shutting-down' }],
    ['is to be taken back itself', { status: waiting, noticeAt: minutesAgo(0) }],
    ['is recommended to be left itself', { status: waiting, rebalanceAt: minutesAgo(0) }],
  ])('but not when the new one %s', (_, fresh) => {
    expect(decide(preparing(fresh), running, NOW).session.attempts[0]?.intervention).toBeUndefined();
  });

  it.each<[string, Partial<Node>]>([
    ['uploads its results', { status: { ...aStatus(), stage: 'upload' } }],
    ['saves after a notice', { noticeAt: minutesAgo(0) }],
  ])('nor when the old one %s', (_, changes) => {
    const { session } = decide(preparing({ status: waiting }, changes), running, NOW);
    expect(session.attempts[0]?.intervention).toBeUndefined();
    expect(errorsOf(session)).toEqual([undefined, undefined]);
  });

  it('ends the old attempt as migrated; the new one goes on from what it saved', () => {
    const told = decide(ready(), running, NOW).session;
    const final = aFinal({ outcome: 'interrupted', reason: 'TrainingMigrated' });
    const { session, actions } = decide(told, of(OLD, { final }), NOW);
    expect(errorsOf(session)).toEqual(['TrainingMigrated', undefined]);
    expect(actions).toContainEqual(
      expect.objectContaining({
        kind: 'completeTask',
        attempt: 1,
        result: expect.objectContaining({ error: 'TrainingMigrated' }),
      }),
    );
    expect(JSON.parse(session.lease?.orders ?? '{}')).toMatchObject({
      2: { go: true, desired: 'run', resumeCandidates: [`AROANODE:${OLD}`] },
    });
  });

  it('waits for an upload of the last save however long it takes, as long as the node says so', () => {
    const told = decide(ready(), running, NOW).session;
    const later = NOW + 20 * MINUTE_MS;
    const uploads = (writtenAt: number) =>
      of(OLD, { status: { body: aStatus({ stage: 'upload' }), writtenAt: iso(writtenAt) } });
    expect(errorsOf(decide(told, uploads(later), later).session)[0]).toBeUndefined();
    expect(errorsOf(decide(told, uploads(later - 6 * MINUTE_MS), later).session)[0]).toBe('TrainingMigrated');
    expect(errorsOf(decide(told, running, later).session)[0]).toBe('TrainingMigrated');
  });

  it('to one that is lost meanwhile: the next attempt is launched as after any loss', () => {
    const told = decide(ready(), running, NOW).session;
    const gone = decide(told, of(NEW, { state: 'terminated' }), NOW).session;
    const final = aFinal({ outcome: 'interrupted', reason: 'TrainingMigrated' });
    const { session } = decide(gone, of(OLD, { final }), NOW);
    expect(errorsOf(session)).toEqual(['TrainingMigrated', 'ReplacementDropped']);
    expect(supersededBy(session, 2)).toMatchObject({ error: 'ReplacementDropped' });
    expect(nextLaunch(session, 3, CONTEXT)).toMatchObject({ kind: 'call' });
  });

  it('the end reaches the state machine also when its token comes late', () => {
    const told = decide(ready(), running, NOW).session;
    const [first, second] = told.attempts;
    const tokenless = { ...told, attempts: [{ ...first, taskToken: null }, second] } as Session;
    const final = aFinal({ outcome: 'interrupted', reason: 'TrainingMigrated' });
    const over = decide(tokenless, of(OLD, { final }), NOW).session;
    const late = { ...over, attempts: [{ ...over.attempts[0], taskToken: 'late' }, over.attempts[1]] } as Session;
    expect(decide(late, running, NOW).actions).toContainEqual(
      expect.objectContaining({ kind: 'completeTask', attempt: 1, token: 'late' }),
    );
  });
});

describe('a gang', () => {
  const two = (instanceIds: readonly string[], changes: Partial<Node>) =>
    instanceIds.map((instanceId, rank) => aNode({ instanceId, rank, ...changes }));
  const [OLD_PEER, NEW_PEER] = ['i-0000000000000000b', 'i-00000000000000002'];

  /** Two nodes train, two are made ready; `fresh` are the changes of each new one. */
  function gang(...fresh: Partial<Node>[]): Session {
    const saved = { ...aStatus(), lastCheckpoint: aFinal().lastCheckpoint };
    const nodes = two([OLD, OLD_PEER], { launchedAt: minutesAgo(30), status: saved });
    const [leader, peer] = nodes;
    const old = anAttempt({
      beganAt: minutesAgo(31),
      nodes: [leader, { ...peer, rebalanceAt: minutesAgo(1) }] as Node[],
    });
    if (fresh.length === 0) return aSession({ attempts: [old] }, GANG);
    const ready = two([NEW, NEW_PEER], { launchedAt: minutesAgo(2), status: waiting });
    const second = anAttempt({
      number: 2,
      nodes: ready.map((node, rank) => ({ ...node, ...fresh[rank] })),
      taskToken: null,
    });
    return aSession({ attempts: [old, second] }, GANG);
  }
  const GANG = { ...MIGRATE, resources: { nodes: 2 } };
  const migrated = { outcome: 'interrupted' as const, reason: 'TrainingMigrated' };

  it('moves as a whole when EC2 recommends to leave one of its nodes', () => {
    expect(decide(gang(), running, NOW).actions).toContainEqual({ kind: 'prepareReplacement', attempt: 2 });
  });

  it.each<[string, Partial<Node>[]]>([
    ['stages still', [{}, { status: { ...waiting, stage: 'data' } }]],
    ['is to be taken back', [{}, { noticeAt: minutesAgo(0) }]],
    ['has no address yet at which the others would meet it', [{ privateAddress: null }, {}]],
  ])('is not told to hand over while one node of the next %s', (_, fresh) => {
    expect(decide(gang(...fresh), running, NOW).session.attempts[0]?.intervention).toBeUndefined();
  });

  it('that is made ready and loses a node is given up whole', () => {
    const { session, actions } = decide(gang({}, {}), of(NEW_PEER, { state: 'terminated' }), NOW);
    expect(errorsOf(session)).toEqual([undefined, 'ReplacementDropped']);
    expect(actions).toContainEqual(expect.objectContaining({ kind: 'terminate', instanceIds: [NEW] }));
  });

  it('hands over when its last node has said its last word, and from what any of them saved', () => {
    const told = decide(gang({}, {}), running, NOW).session;
    expect(JSON.parse(told.lease?.orders ?? '{}')).toMatchObject({
      1: { desired: 'stop', reason: 'TrainingMigrated' },
      2: { go: false },
    });
    const half = decide(told, of(OLD_PEER, { final: aFinal(migrated) }), NOW).session;
    expect(errorsOf(half)).toEqual([undefined, undefined]);
    expect(JSON.parse(half.lease?.orders ?? '{}')).toMatchObject({ 2: { go: false } });
    const whole = decide(half, of(OLD, { final: aFinal(migrated) }), NOW).session;
    expect(errorsOf(whole)).toEqual(['TrainingMigrated', undefined]);
    expect(JSON.parse(whole.lease?.orders ?? '{}')).toMatchObject({
      2: { go: true, resumeCandidates: [`AROANODE:${OLD}`, `AROANODE:${OLD_PEER}`] },
    });
  });

  it('that loses a node before it is told goes on where the next one is ready, or nearly', () => {
    const noticed = decide(
      gang({}, { status: { ...waiting, stage: 'data' } }),
      of(OLD_PEER, { noticeAt: iso(NOW) }),
      NOW,
    );
    expect(JSON.parse(noticed.session.lease?.orders ?? '{}')).toMatchObject({
      1: { desired: 'stop', reason: 'PeerLost' },
      2: { desired: 'run', go: false },
    });
    const finals = { [OLD]: { final: aFinal({ outcome: 'interrupted', reason: 'PeerLost' }) } };
    const last = { [OLD_PEER]: { final: aFinal({ outcome: 'interrupted', reason: 'SpotNotice' }) } };
    const { session } = decide(noticed.session, { ...running, nodes: { ...finals, ...last } }, NOW);
    expect(errorsOf(session)).toEqual(['SpotInterrupted', undefined]);
    // Its own nodes are not all staged yet.
    expect(JSON.parse(session.lease?.orders ?? '{}')).toMatchObject({ 2: { go: false, desired: 'run' } });
  });
});

describe('launching', () => {
  it('late: an attempt that is not needed any more is not launched', () => {
    const finished = {
      ...recommended(),
      attempts: [anAttempt({ verdict: { error: null, message: '', at: iso(NOW) } })],
    };
    expect(nextLaunch(finished, 2, CONTEXT)).toMatchObject({ kind: 'stop', error: 'ReplacementDropped' });
  });

  it('of the old attempt, heard of again, ends nobody', () => {
    expect(supersededBy(preparing(), 1)).toBeNull();
  });
});

const LOST = { error: 'SpotInterrupted' as const, message: 'AWS took it back.', at: minutesAgo(1) };
const CONTEXT = {
  plan: {
    ...{ version: 1 as const, sessionId: 'digits-1', plannedAt: iso(NOW), bucket: 'b', resultsUri: 's3://b/r/' },
    job: aSession({}, MIGRATE).job,
    instanceTypes: [
      {
        ...{ instanceType: 'g5.xlarge', architecture: 'x86_64' as const, vcpus: 4, memoryMiB: 1, gpus: 1 },
        ...{ amiId: 'ami-0123456789abcdef0', rootDeviceName: '/dev/sda1', volumeGiB: 100 },
        ...{ spotUsdPerHour: 0.5, onDemandUsdPerHour: 1 },
      },
    ],
  },
  subnetIds: ['subnet-1'],
  defaultTags: {},
  region: 'us-east-1',
  now: NOW,
};

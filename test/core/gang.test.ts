import { decide } from '../../core/decide';
import type { Facts, NodeFacts } from '../../core/decide/facts';
import type { FinalStatus } from '../../core/node/node-status';
import { currentAttempt } from '../../core/session/attempts';
import type { Node, Session } from '../../core/session/session';
import { iso, SECOND_MS } from '../../core/time';
import { aFinal, aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';

const LEADER = 'i-00000000000000001';
const WORKER = 'i-00000000000000002';

function gang(worker: Partial<Node> = {}, changes: Partial<Session> = {}): Session {
  const nodes = [aNode(), aNode({ instanceId: WORKER, rank: 1, privateAddress: '10.0.0.2', ...worker })];
  return aSession({ attempts: [anAttempt({ nodes })], ...changes }, { resources: { nodes: 2 } });
}

const ofNode = (instanceId: string, facts: NodeFacts): Facts => ({ nodes: { [instanceId]: facts } });
const verdictOf = (session: Session) => currentAttempt(session)?.verdict?.error;
const orderOf = (session: Session, facts: Facts = {}) => {
  const { session: after } = decide(session, { execution: { isRunning: true, status: 'RUNNING' }, ...facts }, NOW);
  return JSON.parse(after.lease?.orders ?? '{}')[currentAttempt(after)?.number ?? 0];
};
const ended = (outcome: FinalStatus['outcome'], reason: string | null = null) => ({
  final: aFinal({ outcome, reason, exitCode: outcome === 'failed' ? 1 : 0 }),
});

describe('a gang', () => {
  it('trains on while all is well, and is finished when every node is', () => {
    expect(orderOf(gang())).toMatchObject({ go: true, desired: 'run', reason: null });
    const { session } = decide(gang(), ofNode(LEADER, ended('succeeded')), NOW);
    expect(verdictOf(session)).toBeUndefined();
    expect(orderOf(session)).toMatchObject({ desired: 'run' });
    expect(verdictOf(decide(session, ofNode(WORKER, ended('succeeded')), NOW).session)).toBeNull();
  });

  it.each<[string, string, NodeFacts]>([
    ['has its notice', WORKER, { noticeAt: iso(NOW) }],
    ['was interrupted', LEADER, ended('interrupted', 'AgentRestarted')],
    ['has failed', WORKER, ended('failed')],
  ])('is told to stop as soon as one node %s, and goes on as an attempt until all have ended', (_, id, facts) => {
    const { session } = decide(gang(), ofNode(id, facts), NOW);
    expect(orderOf(session)).toMatchObject({ desired: 'stop', reason: 'PeerLost', immediate: false });
    expect(verdictOf(session)).toBeUndefined();
  });

  it('is ended by the loss of one node; the others are superseded, and not terminated before they have saved', () => {
    const { session, actions } = decide(gang(), ofNode(WORKER, { state: 'terminated' }), NOW);
    expect(verdictOf(session)).toBe('NodeLost');
    expect(orderOf(session)).toBeUndefined();
    expect(actions.map(({ kind }) => kind)).not.toContain('terminate');
  });

  it('is ended by a node that hangs, as a single one is', () => {
    const silent = { statusAt: minutesAgo(20), suspectSince: minutesAgo(11) };
    expect(verdictOf(decide(gang(silent), { execution: { isRunning: true, status: 'RUNNING' } }, NOW).session)).toBe(
      'NodeLost',
    );
  });

  it.each<[string, [NodeFacts, NodeFacts], string | null]>([
    ['a notice', [ended('interrupted', 'PeerLost'), ended('interrupted', 'SpotNotice')], 'SpotInterrupted'],
    [
      'a notice that made the other’s ranks fail',
      [ended('failed'), ended('interrupted', 'SpotNotice')],
      'SpotInterrupted',
    ],
    [
      'a notice that both took for the end',
      [ended('succeeded'), ended('interrupted', 'SpotNotice')],
      'SpotInterrupted',
    ],
    ['a failure', [ended('interrupted', 'PeerLost'), ended('failed')], 'TrainingFailed'],
    ['a failure on both', [ended('failed'), ended('failed')], 'TrainingFailed'],
    ['a failure after the other had finished', [ended('succeeded'), ended('failed')], 'TrainingFailed'],
    ['a limit', [ended('stopped', 'BudgetReached'), ended('failed')], 'BudgetReached'],
    ['nothing but each other', [ended('interrupted', 'PeerLost'), ended('interrupted', 'PeerLost')], 'NodeLost'],
  ])('ended by %s says so', (_, [leader, worker], error) => {
    const nodes = { [LEADER]: leader, [WORKER]: worker };
    expect(verdictOf(decide(gang(), { nodes }, NOW).session)).toBe(error);
  });

  it('whose ranks fail because a node vanished is not taken for a failed training', () => {
    const { session } = decide(gang(), ofNode(LEADER, ended('failed')), NOW);
    expect(verdictOf(session)).toBeUndefined();
    expect(verdictOf(decide(session, ofNode(WORKER, { state: 'shutting-down' }), NOW + 5 * SECOND_MS).session)).toBe(
      'NodeLost',
    );
  });

  it('begins to train when every node is staged and can be reached', () => {
    const staging = { ...aNode().status, stage: 'data' } as NonNullable<Node['status']>;
    expect(orderOf(gang({ status: staging }))).toMatchObject({ go: false });
    expect(orderOf(gang({ status: null }))).toMatchObject({ go: false });
    expect(orderOf(gang({ privateAddress: null }))).toMatchObject({ go: false });
    expect(
      orderOf(gang({ privateAddress: null }), ofNode(WORKER, { privateAddress: '10.0.0.2', state: 'running' })),
    ).toMatchObject({
      go: true,
      nodes: [{ privateAddress: '10.0.0.1' }, { privateAddress: '10.0.0.2' }],
    });
  });

  it('trains only when all nodes of the gang before it train no more', () => {
    const old = (worker: Partial<Node>) =>
      anAttempt({
        nodes: [
          aNode({ instanceId: 'i-0a', final: aFinal({ outcome: 'interrupted', reason: 'SpotNotice' }) }),
          aNode({ instanceId: 'i-0b', rank: 1, ...worker }),
        ],
        verdict: { error: 'SpotInterrupted', message: 'AWS took it back.', at: minutesAgo(3) },
        completion: { requestedAt: minutesAgo(3), doneAt: minutesAgo(3) },
      });
    const next = { ...gang().attempts[0], number: 2 } as ReturnType<typeof anAttempt>;
    const session = (worker: Partial<Node>) => aSession({ attempts: [old(worker), next] }, { resources: { nodes: 2 } });
    expect(orderOf(session({}))).toMatchObject({ go: false, resumeCandidates: [] });
    expect(orderOf(session({ state: 'terminated' }))).toMatchObject({
      go: true,
      resumeCandidates: ['AROANODE:i-0a', 'AROANODE:i-0b'],
    });
  });

  it('of which one node alone committed has made progress only when a checkpoint needs no more', () => {
    const fruitless = (upload: 'rank0' | 'all') => {
      const session = gang();
      const job = { ...session.job, checkpoints: { ...session.job.checkpoints, upload } };
      const limited = { ...session, job: { ...job, limits: { ...job.limits, maxAttempts: 1 } } };
      const worker = { ...ended('interrupted', 'SpotNotice') };
      worker.final = { ...worker.final, lastCheckpoint: null };
      const nodes = { [LEADER]: ended('interrupted', 'PeerLost'), [WORKER]: worker };
      return verdictOf(decide(limited, { nodes }, NOW).session);
    };
    expect(fruitless('rank0')).toBe('SpotInterrupted');
    expect(fruitless('all')).toBe('AttemptsExhausted');
  });
});

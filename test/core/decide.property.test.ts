import fc from 'fast-check';
import { decide } from '../../core/decide';
import type { Facts, NodeFacts } from '../../core/decide/facts';
import { leaseSchema } from '../../core/node/lease';
import { isEnding } from '../../core/session/attempts';
import type { Session } from '../../core/session/session';
import { iso, MINUTE_MS } from '../../core/time';
import { aFinal, aNode, anAttempt, aSession, aStatus, minutesAgo, NOW } from '../support/sessions';

const OLD = 'i-0000000000000000a';
const NEW = 'i-00000000000000001';

const start = (): Session =>
  aSession({
    attempts: [
      anAttempt({
        nodes: [aNode({ instanceId: OLD })],
        verdict: { error: 'SpotInterrupted', message: 'AWS took it back.', at: minutesAgo(3) },
        completion: { requestedAt: minutesAgo(3), doneAt: minutesAgo(3) },
      }),
      anAttempt({ number: 2, nodes: [aNode({ launchedAt: minutesAgo(2) })] }),
    ],
  });

/** The same two, while the new one is made ready to take the old one's place. */
const startOfMigration = (): Session => {
  const old = aNode({ instanceId: OLD, launchedAt: minutesAgo(30), rebalanceAt: minutesAgo(4) });
  const fresh = aNode({ launchedAt: minutesAgo(2), status: { ...aStatus(), stage: 'wait' } });
  return aSession(
    { attempts: [anAttempt({ nodes: [old] }), anAttempt({ number: 2, nodes: [fresh], taskToken: null })] },
    { on: { rebalance: 'migrate' } },
  );
};

const state = fc.constantFrom('pending', 'running', 'shutting-down', 'terminated', 'gone' as const);
const outcome = fc.constantFrom('succeeded', 'failed', 'interrupted', 'stopped' as const);

const nodeFacts = (attempt: number): fc.Arbitrary<NodeFacts> =>
  fc.oneof(
    state.map((value): NodeFacts => ({ state: value as 'running' })),
    outcome.map(
      (value): NodeFacts => ({ final: aFinal({ attempt, outcome: value as 'failed', reason: 'SpotNotice' }) }),
    ),
    fc.boolean().map((isImpaired): NodeFacts => ({ isImpaired })),
    fc.integer({ min: 0, max: 60 }).map((minute): NodeFacts => ({ noticeAt: iso(NOW + minute * MINUTE_MS) })),
    fc.integer({ min: 0, max: 60 }).map((minute): NodeFacts => ({ rebalanceAt: iso(NOW + minute * MINUTE_MS) })),
    fc
      .tuple(fc.constantFrom('wait' as const, 'train' as const, 'upload' as const), fc.integer({ min: 0, max: 60 }))
      .map(
        ([stage, minute]): NodeFacts => ({
          status: { body: aStatus({ attempt, stage }), writtenAt: iso(NOW + minute * MINUTE_MS) },
        }),
      ),
  );

const facts: fc.Arbitrary<Facts> = fc.oneof(
  nodeFacts(1).map((seen): Facts => ({ nodes: { [OLD]: seen } })),
  nodeFacts(2).map((seen): Facts => ({ nodes: { [NEW]: seen } })),
  fc.boolean().map((immediate): Facts => ({ stop: { by: 'ana', immediate } })),
  fc.constantFrom<Facts>(
    { execution: { isRunning: true, status: 'RUNNING' } },
    { execution: { isRunning: false, status: 'ABORTED' } },
  ),
  fc.boolean().map((noInstances): Facts => ({ noInstances })),
);

const history = fc.array(fc.tuple(facts, fc.integer({ min: 0, max: 10 * MINUTE_MS })), { minLength: 1, maxLength: 30 });

/** Runs a history of facts through the decision and shows every step to `check`. */
function replay(
  events: readonly [Facts, number][],
  check: (step: { before: Session; decision: ReturnType<typeof decide>; seen: Facts; now: number }) => void,
): void {
  for (const begin of [start, startOfMigration]) replayFrom(begin(), events, check);
}

function replayFrom(...[begin, events, check]: [Session, ...Parameters<typeof replay>]): void {
  let session = begin;
  let now = NOW;
  for (const [seen, elapsedMs] of events) {
    now += elapsedMs;
    const decision = decide(session, seen, now);
    check({ before: session, decision, seen, now });
    session = decision.session;
  }
}

describe('whatever happens, in whatever order', () => {
  it('a verdict and an outcome, once given, stand', () => {
    fc.assert(
      fc.property(history, (events) =>
        replay(events, ({ before, decision }) => {
          before.attempts.forEach(({ verdict }, index) => {
            if (verdict) expect(decision.session.attempts[index]?.verdict).toEqual(verdict);
          });
          if (before.outcome) expect(decision.session.outcome).toEqual(before.outcome);
        }),
      ),
    );
  });

  it('deciding again on the same facts at the same time asks for nothing more', () => {
    fc.assert(
      fc.property(history, (events) =>
        replay(events, ({ decision, seen, now }) => {
          expect(decide(decision.session, seen, now).actions).toEqual([]);
        }),
      ),
    );
  });

  it('no instance is terminated while its attempt goes on, unless somebody said at once', () => {
    fc.assert(
      fc.property(history, (events) =>
        replay(events, ({ decision: { session, actions } }) => {
          const doomed = actions.flatMap((action) => (action.kind === 'terminate' ? action.instanceIds : []));
          if (!doomed.includes(NEW)) return;
          const isOver = session.attempts[1]?.verdict || session.outcome || session.stopRequest?.immediate;
          expect(isOver).toBeTruthy();
        }),
      ),
    );
  });

  it('the new attempt may train only when the old node trains no more, and leases are well formed', () => {
    fc.assert(
      fc.property(history, (events) =>
        replay(events, ({ decision: { session, actions } }) => {
          for (const action of actions) {
            if (action.kind !== 'writeLease') continue;
            const old = session.attempts[0]?.nodes[0];
            const isOver = old !== undefined && (old.final?.outcome != null || isEnding(old));
            if (leaseSchema.parse(action.lease).orders['2']?.go) expect(isOver).toBe(true);
          }
        }),
      ),
    );
  });

  it('instances only ever move towards their end', () => {
    const order = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated', 'gone'];
    fc.assert(
      fc.property(history, (events) =>
        replay(events, ({ before, decision }) => {
          const ranks = (session: Session) =>
            session.attempts.flatMap(({ nodes }) => nodes.map((node) => order.indexOf(node.state)));
          const after = ranks(decision.session);
          for (const [index, rank] of ranks(before).entries()) expect(after[index]).toBeGreaterThanOrEqual(rank);
        }),
      ),
    );
  });
});

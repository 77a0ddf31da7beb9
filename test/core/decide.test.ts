import { decide, recordDone } from '../../core/decide';
import type { Facts, NodeFacts } from '../../core/decide/facts';
import { currentAttempt } from '../../core/session/attempts';
import type { Session } from '../../core/session/session';
import { iso, MINUTE_MS, ms } from '../../core/time';
import { aFinal, aNode, anAttempt, aSession, aStatus, minutesAgo, NOW } from '../support/sessions';

const NODE = 'i-00000000000000001';
const OLD_NODE = 'i-0000000000000000a';

const ofNode = (facts: NodeFacts, instanceId = NODE): Facts => ({ nodes: { [instanceId]: facts } });
const verdictOf = (session: Session) => currentAttempt(session)?.verdict?.error;
const kinds = ({ actions }: { actions: { kind: string }[] }) => actions.map(({ kind }) => kind);
const running: Facts = { execution: { isRunning: true, status: 'RUNNING' } };

/** The second attempt of a session, whose first one is as given. */
function relaunched(old: Parameters<typeof aNode>[0]): Session {
  const first = anAttempt({
    nodes: [aNode({ instanceId: OLD_NODE, ...old })],
    verdict: { error: 'SpotInterrupted', message: 'AWS took it back.', at: minutesAgo(3) },
    completion: { requestedAt: minutesAgo(3), doneAt: minutesAgo(3) },
  });
  return aSession({ attempts: [first, anAttempt({ number: 2, nodes: [aNode({ launchedAt: minutesAgo(2) })] })] });
}

const leaseOf = (session: Session, now = NOW) => {
  const action = decide(session, running, now).actions.find(({ kind }) => kind === 'writeLease');
  return action?.kind === 'writeLease' ? action.lease : undefined;
};

describe('the final status decides', () => {
  it.each([
    ['succeeded', {}, null],
    ['failed', { exitCode: 3 }, 'TrainingFailed'],
    ['interrupted', { reason: 'SpotNotice' }, 'SpotInterrupted'],
    ['interrupted', { reason: 'LeaseExpired' }, 'LeaseExpired'],
    ['interrupted', { reason: 'AgentRestarted' }, 'NodeLost'],
    ['stopped', { reason: 'StoppedByUser' }, 'StoppedByUser'],
    ['stopped', { reason: 'BudgetReached' }, 'BudgetReached'],
    ['stopped', { reason: 'TimeLimitReached' }, 'TimeLimitReached'],
  ] as const)('%s %j becomes %s and reaches the state machine', (outcome, detail, error) => {
    const decision = decide(aSession(), ofNode({ final: aFinal({ outcome, ...detail }) }), NOW);
    expect(verdictOf(decision.session)).toBe(error);
    const [completion] = decision.actions.filter(({ kind }) => kind === 'completeTask');
    expect(completion).toMatchObject({
      token: 'secret-token',
      result: error === null ? { output: { attempt: 1 } } : { error },
    });
  });

  it('whatever was intended: a command that finished while a stop was asked has succeeded', () => {
    const stopping = decide(aSession(), { stop: { by: 'ana', immediate: false } }, NOW).session;
    expect(verdictOf(decide(stopping, ofNode({ final: aFinal() }), NOW).session)).toBeNull();
  });

  it('and the first one of an attempt stands', () => {
    const { session } = decide(
      aSession(),
      ofNode({ final: aFinal({ outcome: 'interrupted', reason: 'SpotNotice' }) }),
      NOW,
    );
    expect(verdictOf(decide(session, ofNode({ final: aFinal() }), NOW + 1000).session)).toBe('SpotInterrupted');
  });

  it('is ignored when the node speaks of another session or attempt', () => {
    const lies = [aFinal({ sessionId: 'other' }), aFinal({ attempt: 2 })];
    for (const final of lies) expect(verdictOf(decide(aSession(), ofNode({ final }), NOW).session)).toBeUndefined();
  });

  it('names exit code, last log lines and the whole log of a failure', () => {
    const final = aFinal({ outcome: 'failed', exitCode: 3, logTail: ['ValueError: bad'], logUri: 's3://bucket/log' });
    const message = currentAttempt(decide(aSession(), ofNode({ final }), NOW).session)?.verdict?.message;
    expect(message).toContain('code 3');
    expect(message).toContain('ValueError: bad');
    expect(message).toContain('s3://bucket/log');
  });
});

describe('a failed command', () => {
  const failed = ofNode({ final: aFinal({ outcome: 'failed', exitCode: 3 }) });
  it.each([
    ['is not retried unless the job asks', {}, 'TrainingFailed'],
    ['is retried when the job asks', { maxFailures: 1 }, 'TrainingRetried'],
    ['is retried for the exit codes asked for', { maxFailures: 1, onExitCodes: [3] }, 'TrainingRetried'],
    ['is not retried for other exit codes', { maxFailures: 1, onExitCodes: [4] }, 'TrainingFailed'],
  ])('%s', (_title, retry, expected) => {
    expect(verdictOf(decide(aSession({}, { retry }), failed, NOW).session)).toBe(expected);
  });
});

describe('a notice', () => {
  const noticed = (minutes: number) =>
    aSession({ attempts: [anAttempt({ nodes: [aNode({ noticeAt: minutesAgo(minutes) })] })] });

  it('is not an end', () => {
    const { session, actions } = decide(aSession(), ofNode({ noticeAt: minutesAgo(0) }), NOW);
    expect(currentAttempt(session)?.nodes[0]?.noticeAt).toBe(minutesAgo(0));
    expect(verdictOf(session)).toBeUndefined();
    expect(actions.filter(({ kind }) => kind !== 'writeLease')).toEqual([]);
  });

  it('that a node with a wrong clock tells of is counted from by AWS’s', () => {
    const notice = { action: 'terminate', time: minutesAgo(-1), seenAt: minutesAgo(300) };
    const { session } = decide(aSession(), ofNode({ final: aFinal({ notice, outcome: null }) }), NOW);
    expect(currentAttempt(session)?.nodes[0]?.noticeAt).toBe(minutesAgo(1));
    expect(verdictOf(session)).toBeUndefined();
  });

  it.each(['soon', '', '-271821-04-20T00:00:00.000Z'])('is seen now where a node says %p for its time', (time) => {
    const notice = { action: 'terminate', time, seenAt: minutesAgo(0) };
    const { session } = decide(aSession(), ofNode({ final: aFinal({ notice, outcome: null }) }), NOW);
    expect(currentAttempt(session)?.nodes[0]?.noticeAt).toBe(minutesAgo(0));
  });

  it('ends the attempt 150 seconds later, when nothing else has', () => {
    expect(verdictOf(decide(noticed(2.4), {}, NOW).session)).toBeUndefined();
    expect(verdictOf(decide(noticed(2.5), {}, NOW).session)).toBe('SpotInterrupted');
  });

  it('leaves a node younger than an hour for AWS to terminate, since AWS then waives the hour', () => {
    const final = aFinal({ outcome: 'interrupted', reason: 'SpotNotice' });
    expect(kinds(decide(noticed(1), ofNode({ final }), NOW))).not.toContain('terminate');
    const old = aSession({
      attempts: [anAttempt({ nodes: [aNode({ noticeAt: minutesAgo(1), launchedAt: minutesAgo(61) })] })],
    });
    expect(kinds(decide(old, ofNode({ final }), NOW))).toContain('terminate');
    expect(kinds(decide(noticed(3), ofNode({ final }), NOW))).toContain('terminate');
  });
});

describe('a node is lost', () => {
  const silent = (minutes: number, changes = {}) =>
    aSession({
      attempts: [
        anAttempt({ nodes: [aNode({ launchedAt: minutesAgo(120), statusAt: minutesAgo(minutes), ...changes })] }),
      ],
    });

  it.each(['stopping', 'stopped', 'shutting-down', 'terminated', 'gone'] as const)('when EC2 says %s', (state) => {
    expect(verdictOf(decide(silent(0), ofNode({ state }), NOW).session)).toBe('NodeLost');
  });

  it('to AWS when EC2 says so, and that is an interruption', () => {
    const facts = ofNode({ state: 'terminated', stateReason: 'Server.SpotInstanceTermination' });
    expect(verdictOf(decide(silent(0), facts, NOW).session)).toBe('SpotInterrupted');
  });

  it('never by a stale status alone', () => {
    expect(
      verdictOf(decide(silent(20), ofNode({ isSsmOnline: true, isImpaired: false }), NOW).session),
    ).toBeUndefined();
  });

  it('never by a failing check alone', () => {
    const facts = ofNode({ isImpaired: true, isSsmOnline: false });
    const suspect = decide(silent(0, { suspectSince: null }), facts, NOW).session;
    expect(verdictOf(decide(suspect, facts, NOW).session)).toBeUndefined();
    expect(currentAttempt(suspect)?.nodes[0]?.suspectSince).toBeNull();
  });

  it('by both for ten minutes, and is then fenced', () => {
    const facts = ofNode({ isImpaired: true });
    const suspect = decide(silent(6), facts, NOW).session;
    expect(verdictOf(decide(suspect, facts, NOW + 9 * MINUTE_MS).session)).toBeUndefined();
    const decision = decide(suspect, facts, NOW + 10 * MINUTE_MS);
    expect(verdictOf(decision.session)).toBe('NodeLost');
    expect(decision.actions).toContainEqual(expect.objectContaining({ kind: 'terminate', instanceIds: [NODE] }));
  });

  it('not when it shows itself again in between', () => {
    const facts = ofNode({ isImpaired: true });
    const suspect = decide(silent(6), facts, NOW).session;
    const back = { ...ofNode({ status: { body: aStatus(), writtenAt: iso(NOW + MINUTE_MS) } }) };
    const healthy = decide(suspect, back, NOW + MINUTE_MS).session;
    expect(verdictOf(decide(healthy, facts, NOW + 10 * MINUTE_MS).session)).toBeUndefined();
  });

  it('by silence longer than lease and drain, whatever else is said', () => {
    const healthy = ofNode({ isSsmOnline: true, isImpaired: false });
    expect(verdictOf(decide(silent(36), healthy, NOW).session)).toBeUndefined();
    expect(verdictOf(decide(silent(37), healthy, NOW).session)).toBe('NodeLost');
  });

  it('not because DescribeInstances does not show an instance of a minute', () => {
    const young = aSession({ attempts: [anAttempt({ nodes: [aNode({ launchedAt: minutesAgo(1) })] })] });
    expect(verdictOf(decide(young, ofNode({ state: 'gone' }), NOW).session)).toBeUndefined();
  });
});

describe('lost wake-ups', () => {
  it('a verdict that comes before the token waits for it', () => {
    const untold = aSession({ attempts: [anAttempt({ taskToken: null })] });
    const judged = decide(untold, ofNode({ final: aFinal() }), NOW);
    expect(kinds(judged)).not.toContain('completeTask');
    const attempt = currentAttempt(judged.session);
    const told = { ...judged.session, attempts: attempt ? [{ ...attempt, taskToken: 'late' }] : [] };
    expect(decide(told, {}, NOW).actions).toContainEqual(
      expect.objectContaining({ kind: 'completeTask', token: 'late' }),
    );
  });

  it('a completion without an outcome is tried again after a minute, and not before', () => {
    const { session } = decide(aSession(), ofNode({ final: aFinal() }), NOW);
    expect(kinds(decide(session, {}, NOW + 59_000))).not.toContain('completeTask');
    expect(kinds(decide(session, {}, NOW + 60_000))).toContain('completeTask');
  });

  it('a completion that arrived is not repeated', () => {
    const first = decide(aSession(), ofNode({ final: aFinal() }), NOW);
    const [action] = first.actions;
    if (action === undefined) throw new Error('no action');
    const done = recordDone(first.session, action, 'done', NOW);
    expect(kinds(decide(done, {}, NOW + 10 * MINUTE_MS))).not.toContain('completeTask');
  });

  it('an expired token is dropped, and the next one completes the task', () => {
    const first = decide(aSession(), ofNode({ final: aFinal() }), NOW);
    const [action] = first.actions;
    if (action === undefined) throw new Error('no action');
    const dropped = recordDone(first.session, action, 'expired', NOW);
    expect(currentAttempt(dropped)?.taskToken).toBeNull();
    expect(kinds(decide(dropped, {}, NOW))).not.toContain('completeTask');
  });
});

describe('the fence', () => {
  const interrupted = aFinal({ outcome: 'interrupted', reason: 'SpotNotice' });
  it.each([
    ['running without a final status', {}, false],
    ['noticed but still saving', { noticeAt: minutesAgo(1) }, false],
    ['done, by its final status', { final: interrupted }, true],
    ['terminated', { state: 'terminated' as const }, true],
    ['shutting down for four minutes', { state: 'shutting-down' as const, stateSince: minutesAgo(4) }, false],
    ['shutting down for five minutes', { state: 'shutting-down' as const, stateSince: minutesAgo(5) }, true],
  ])('while the older node is %s', (_title, old, go) => {
    const order = leaseOf(relaunched(old))?.orders['2'];
    expect(order?.go).toBe(go);
    expect(order?.resumeCandidates).toEqual(go ? [`AROANODE:${OLD_NODE}`] : []);
  });

  it('the older attempt is no longer named in the lease', () => {
    expect(Object.keys(leaseOf(relaunched({}))?.orders ?? {})).toEqual(['2']);
  });

  it('candidates are listed newest attempt first, then those inherited', () => {
    const session = relaunched({ final: interrupted });
    expect(leaseOf({ ...session, inheritedCandidates: ['AROANODE:i-0f'] })?.orders['2']?.resumeCandidates).toEqual([
      `AROANODE:${OLD_NODE}`,
      'AROANODE:i-0f',
    ]);
  });
});

describe('the lease', () => {
  const leased = decide(aSession(), running, NOW).session;
  const orders = leased.lease?.orders ?? '';
  const writtenAgo = (minutes: number) =>
    aSession({ lease: { orders, requestedAt: minutesAgo(minutes), doneAt: minutesAgo(minutes) } });

  it('is renewed every five minutes for an execution that was seen running', () => {
    expect(kinds(decide(writtenAgo(4), running, NOW))).not.toContain('writeLease');
    expect(kinds(decide(writtenAgo(5), running, NOW))).toContain('writeLease');
  });

  it('is not renewed on an event alone, or for an execution that was not seen', () => {
    expect(kinds(decide(writtenAgo(20), {}, NOW))).not.toContain('writeLease');
  });

  it('is rewritten at once when an order changes', () => {
    const decision = decide(writtenAgo(1), { stop: { by: 'ana', immediate: false } }, NOW);
    const lease = decision.actions.find(({ kind }) => kind === 'writeLease');
    expect(lease).toMatchObject({ lease: { orders: { '1': { desired: 'stop', reason: 'StoppedByUser' } } } });
  });

  it('that failed to be written is written again', () => {
    const failed = aSession({ lease: { orders, requestedAt: minutesAgo(1), doneAt: null } });
    expect(kinds(decide(failed, {}, NOW))).toContain('writeLease');
  });
});

describe('a stop', () => {
  it('waits for the last save, then for the deadline only', () => {
    const { session } = decide(aSession(), { stop: { by: 'ana', immediate: false } }, NOW);
    expect(verdictOf(decide(session, {}, NOW + 6 * MINUTE_MS).session)).toBeUndefined();
    expect(verdictOf(decide(session, {}, NOW + 6.5 * MINUTE_MS).session)).toBe('StoppedByUser');
  });

  it('at once ends the attempt and its instances at once', () => {
    const decision = decide(aSession(), { stop: { by: 'ana', immediate: true } }, NOW);
    expect(verdictOf(decision.session)).toBe('StoppedByUser');
    expect(kinds(decision)).toEqual(expect.arrayContaining(['completeTask', 'terminate']));
  });

  it('asked a second time does not move the deadline', () => {
    const once = decide(aSession(), { stop: { by: 'ana', immediate: false } }, NOW).session;
    const twice = decide(once, { stop: { by: 'ana', immediate: false } }, NOW + MINUTE_MS).session;
    expect(twice.stopRequest).toEqual(once.stopRequest);
  });
});

describe('an aborted execution', () => {
  const aborted: Facts = { execution: { isRunning: false, status: 'ABORTED' } };

  it('drains: nodes are told to save and stop, nothing is terminated yet', () => {
    const decision = decide(aSession(), aborted, NOW);
    expect(decision.actions).toMatchObject([
      { kind: 'writeLease', lease: { orders: { '1': { desired: 'stop', reason: 'Aborted' } } } },
    ]);
  });

  it('ends when its nodes have saved; they are terminated and the user is told', () => {
    const draining = decide(aSession(), aborted, NOW).session;
    const decision = decide(draining, ofNode({ final: aFinal({ outcome: 'stopped', reason: 'Aborted' }) }), NOW + 1000);
    expect(decision.session.outcome).toMatchObject({ result: 'aborted', resumable: true });
    expect(kinds(decision)).toEqual(expect.arrayContaining(['terminate', 'notifyFinished']));
    expect(kinds(decision)).not.toContain('completeTask');
  });

  it('ends at the deadline even if nobody saved', () => {
    const draining = decide(aSession(), aborted, NOW).session;
    expect(kinds(decide(draining, aborted, NOW + 7 * MINUTE_MS))).toContain('terminate');
  });
});

describe('attempts without progress', () => {
  const fruitless = (number: number, lastCheckpoint: null | 'some') =>
    anAttempt({
      number,
      nodes: [
        aNode({
          final: aFinal({
            attempt: number,
            outcome: 'interrupted',
            ...(lastCheckpoint ? {} : { lastCheckpoint: null }),
          }),
        }),
      ],
      verdict: { error: 'SpotInterrupted', message: 'x', at: minutesAgo(20 - number) },
    });
  const taken = ofNode({ state: 'terminated', stateReason: 'Server.SpotInstanceTermination' });
  const third = anAttempt({ number: 3 });

  it('end the session after maxAttempts in a row', () => {
    const session = aSession(
      { attempts: [fruitless(1, null), fruitless(2, null), third] },
      { limits: { maxAttempts: 3 } },
    );
    expect(verdictOf(decide(session, taken, NOW).session)).toBe('AttemptsExhausted');
  });

  it('count anew after an attempt that committed a checkpoint', () => {
    const session = aSession(
      { attempts: [fruitless(1, null), fruitless(2, 'some'), third] },
      { limits: { maxAttempts: 3 } },
    );
    expect(verdictOf(decide(session, taken, NOW).session)).toBe('SpotInterrupted');
  });
});

describe('limits', () => {
  it('reach the node as a time to stop at: hours over all attempts together', () => {
    const session = aSession({}, { limits: { maxHours: 2 } });
    expect(leaseOf(session)?.orders['1']).toMatchObject({
      stopAt: iso(NOW + 110 * MINUTE_MS),
      stopAtReason: 'TimeLimitReached',
    });
    // The first attempt took 7 of its minutes (launched 10 minutes ago, ended 3 minutes ago).
    const second = aSession({ ...relaunched({ final: aFinal() }) }, { limits: { maxHours: 2 } });
    const { job } = session;
    expect(leaseOf({ ...second, job })?.orders['2']?.stopAt).toBe(iso(NOW + (120 - 7 - 2) * MINUTE_MS));
  });

  it('dollars less the price of saving', () => {
    const session = aSession({}, { limits: { maxHours: null, maxUsd: 0.5, graceSeconds: 60 } });
    // Half a dollar an hour: 60 minutes since launch, less one minute of grace, less what S3 and the control plane take.
    const order = leaseOf(session)?.orders['1'];
    expect(order?.stopAtReason).toBe('BudgetReached');
    expect(ms(order?.stopAt ?? '')).toBeLessThan(NOW + 49 * MINUTE_MS);
    expect(ms(order?.stopAt ?? '')).toBeGreaterThan(NOW + 48.5 * MINUTE_MS);
  });

  it('with no known price set no time', () => {
    const nodes = [aNode({ usdPerHour: null, onDemandUsdPerHour: null })];
    const session = aSession({ attempts: [anAttempt({ nodes })] }, { limits: { maxHours: null, maxUsd: 1 } });
    expect(leaseOf(session)?.orders['1']?.stopAt).toBeNull();
  });

  it('are enforced by termination when the node does not obey', () => {
    const session = aSession({}, { limits: { maxHours: 0.1, graceSeconds: 30 } });
    expect(verdictOf(decide(session, {}, NOW).session)).toBeUndefined();
    expect(verdictOf(decide(session, {}, NOW + 2 * MINUTE_MS).session)).toBe('TimeLimitReached');
  });

  it('leave nothing for another attempt when they passed in the silence of a lost node, which cost all the same', () => {
    const nodes = [aNode({ launchedAt: minutesAgo(120), statusAt: minutesAgo(6) })];
    const lostBy = (maxHours: number) => {
      const session = aSession({ attempts: [anAttempt({ nodes })] }, { limits: { maxHours } });
      const suspect = decide(session, ofNode({ isImpaired: true }), NOW).session;
      return verdictOf(decide(suspect, ofNode({ isImpaired: true }), NOW + 10 * MINUTE_MS).session);
    };
    expect(lostBy(125 / 60)).toBe('TimeLimitReached');
    expect(lostBy(140 / 60)).toBe('NodeLost');
  });

  it('wait for no node on which nothing ran yet: there is nothing to save', () => {
    const attempts = [anAttempt({ nodes: [aNode({ launchedAt: minutesAgo(8), statusAt: null, status: null })] })];
    const limits = (maxHours: number) => aSession({ attempts }, { limits: { maxHours } });
    expect(verdictOf(decide(limits(7.5 / 60), {}, NOW).session)).toBeUndefined();
    expect(verdictOf(decide(limits(6.5 / 60), {}, NOW).session)).toBe('TimeLimitReached');
  });
});

describe('a finished session', () => {
  const outcome = { result: 'succeeded' as const, error: null, message: 'Done.', at: minutesAgo(0), resumable: false };
  const notification = { requestedAt: minutesAgo(0), doneAt: minutesAgo(0) };

  it('loses its instances at once when they have had their last word', () => {
    const attempts = [anAttempt({ nodes: [aNode({ final: aFinal() })] })];
    expect(kinds(decide(aSession({ outcome, attempts }), {}, NOW))).toContain('terminate');
  });

  it('loses an instance that its record does not know', () => {
    const facts = ofNode({ state: 'running' }, 'i-0stray');
    expect(decide(aSession({ outcome }), facts, NOW).actions).toContainEqual(
      expect.objectContaining({ kind: 'terminate', instanceIds: expect.arrayContaining(['i-0stray']) }),
    );
  });

  it('is released after two empty looks a minute apart', () => {
    const empty: Facts = { noInstances: true };
    const once = decide(aSession({ outcome, notification, attempts: [] }), empty, NOW).session;
    expect(once.releasedAt).toBeNull();
    expect(decide(once, empty, NOW + 59_000).session.releasedAt).toBeNull();
    expect(decide(once, { noInstances: false }, NOW + 30_000).session.emptyLookAt).toBeNull();
    expect(decide(once, empty, NOW + 60_000).session.releasedAt).toBe(iso(NOW + MINUTE_MS));
  });

  it('is not released while the user is still to be told something of it', () => {
    const empty: Facts = { noInstances: true };
    const alert = {
      alertId: 'a',
      kind: 'budget' as const,
      severity: 'info' as const,
      sessionId: null,
      subject: '',
      body: '',
    };
    const pending = { a: { requestedAt: iso(NOW), doneAt: null, notification: alert } };
    const session = aSession({ outcome, notification, attempts: [], emptyLookAt: minutesAgo(2), alerts: pending });
    expect(decide(session, empty, NOW).session.releasedAt).toBeNull();
    const told = { ...session, alerts: { a: { requestedAt: iso(NOW), doneAt: iso(NOW) } } };
    expect(decide(told, empty, NOW).session.releasedAt).toBe(iso(NOW));
  });

  it('tells the user from here when the state machine did not within a minute', () => {
    const silent = aSession({ outcome });
    expect(kinds(decide(silent, {}, NOW + 30_000))).not.toContain('notifyFinished');
    expect(kinds(decide(silent, {}, NOW + 60_000))).toContain('notifyFinished');
    expect(kinds(decide({ ...silent, notification }, {}, NOW + 60_000))).not.toContain('notifyFinished');
  });
});

it('an instance of a launch that is still being recorded is no orphan', () => {
  const launching = anAttempt({ nodes: [], launch: { ...anAttempt().launch, doneAt: null } });
  expect(kinds(decide(aSession({ attempts: [launching] }), ofNode({ state: 'running' }, 'i-0new'), NOW))).toEqual([]);
});

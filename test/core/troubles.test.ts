import { sessionAlerts } from '../../core/alerts/session-alerts';
import { decide } from '../../core/decide';
import type { JobSpecInput } from '../../core/job/job-spec';
import type { NodeStatus, Utilization } from '../../core/node/node-status';
import { currentAttempt } from '../../core/session/attempts';
import type { Session } from '../../core/session/session';
import { MINUTE_MS } from '../../core/time';
import { aFinal, aNode, anAttempt, aSession, aStatus, minutesAgo, NOW } from '../support/sessions';

const NODE = 'i-00000000000000001';
const checkpoint = (step: number) => ({
  name: `step-${step}.pt`,
  step,
  sequence: step,
  sizeBytes: 1,
  committedAt: minutesAgo(20),
  uploadSeconds: 1,
});
const idle = (minutes: number): Utilization => ({
  cpu: 0.004,
  gpus: [0, 0.01],
  busyAt: minutesAgo(minutes),
  gpuBusyAt: minutesAgo(minutes),
});

interface Situation {
  status?: Partial<NodeStatus>;
  progress?: Partial<NodeStatus['progress']>;
  on?: JobSpecInput['on'];
}

function training({ status = {}, progress = {}, on = {} }: Situation): Session {
  const told = aStatus({ ...status, progress: { ...aStatus().progress, ...progress } });
  return aSession({ attempts: [anAttempt({ nodes: [aNode({ status: told })] })] }, { on });
}

const stalled = (on: JobSpecInput['on'] = {}, minutes = 31) =>
  training({ on, progress: { steppedAt: minutesAgo(minutes) } });
const notANumber = (on: JobSpecInput['on'] = {}) =>
  training({
    on,
    progress: { notFinite: { metric: 'loss', step: 150, finiteStep: 140, at: minutesAgo(1) } },
    status: { finiteCheckpoint: checkpoint(140) },
  });
const alertOf = (session: Session) => sessionAlerts(session, NOW)[0];
const orderOf = (session: Session, now: number) => {
  const action = decide(session, {}, now).actions.find(({ kind }) => kind === 'writeLease');
  return action?.kind === 'writeLease' ? action.lease.orders['1'] : undefined;
};

/** As the decision leaves it when the alert was published at `NOW`. */
function told(session: Session): Session {
  const { alertId } = alertOf(session) ?? { alertId: 'none' };
  const at = new Date(NOW).toISOString();
  return { ...session, alerts: { [alertId]: { requestedAt: at, doneAt: at } } };
}

describe('training that makes no step', () => {
  it('is told of, with how busy its machine is and how to stop it', () => {
    const session = training({ progress: { steppedAt: minutesAgo(31) }, status: { utilization: idle(40) } });
    expect(alertOf(session)).toMatchObject({ alertId: 'digits-1-stalled-1-100', kind: 'training-stalled' });
    expect(alertOf(session)?.body).toContain('GPUs 0 %, 1 %, CPU 0 %');
    expect(alertOf(session)?.body).toContain('Stop Requested');
  });

  it.each([
    ['stop', 'TrainingStalled'],
    ['restart', 'TrainingRestarted'],
  ] as const)('is ordered to %s, five minutes after its user was told', (stall, reason) => {
    const session = stalled({ stall });
    expect(alertOf(session)?.body).toContain(`on.stall is "${stall}"`);
    expect(orderOf(session, NOW + 20 * MINUTE_MS)).toMatchObject({ desired: 'run' });
    expect(orderOf(told(session), NOW + 4.9 * MINUTE_MS)).toMatchObject({ desired: 'run' });
    expect(orderOf(told(session), NOW + 5 * MINUTE_MS)).toMatchObject({ desired: 'stop', reason });
  });

  it('is left alone when the job asks for no more than an alert, or has done its last step', () => {
    expect(orderOf(told(stalled()), NOW + 20 * MINUTE_MS)).toMatchObject({ desired: 'run' });
    const through = training({
      on: { stall: 'stop' },
      progress: { steppedAt: minutesAgo(31), step: 1000, total: 1000 },
    });
    expect(orderOf(told(through), NOW + 20 * MINUTE_MS)).toMatchObject({ desired: 'run' });
  });

  it('goes on when it makes a step in time; once ordered, the order stands', () => {
    const session = told(stalled({ stall: 'stop' }));
    const stepped = { status: { body: aStatus(), writtenAt: minutesAgo(-1) } };
    const status = {
      ...stepped.status.body,
      progress: { ...aStatus().progress, step: 101, steppedAt: minutesAgo(-4) },
    };
    const facts = { nodes: { [NODE]: { status: { ...stepped.status, body: status } } } };
    expect(currentAttempt(decide(session, facts, NOW + 5 * MINUTE_MS).session)?.intervention).toBeUndefined();

    const ordered = decide(session, {}, NOW + 5 * MINUTE_MS).session;
    const later = decide(ordered, facts, NOW + 6 * MINUTE_MS).session;
    expect(currentAttempt(later)?.intervention?.error).toBe('TrainingStalled');
  });
});

describe('training that does nothing', () => {
  it('is told of when its steps cannot be read, and stopped where the job asks', () => {
    const session = training({
      on: { stall: 'stop' },
      progress: { steppedAt: null, step: null },
      status: { utilization: { ...idle(31), gpus: [], gpuBusyAt: null } },
    });
    expect(alertOf(session)).toMatchObject({ alertId: 'digits-1-idle-1', kind: 'training-idle' });
    expect(orderOf(told(session), NOW + 5 * MINUTE_MS)).toMatchObject({ desired: 'stop', reason: 'TrainingStalled' });
  });

  it('and makes steps all the same is only told of GPUs that it does not use', () => {
    const session = training({ on: { stall: 'stop' }, status: { utilization: idle(31) } });
    expect(alertOf(session)).toMatchObject({ alertId: 'digits-1-gpus-unused-1', kind: 'gpus-unused' });
    expect(orderOf(told(session), NOW + 20 * MINUTE_MS)).toMatchObject({ desired: 'run' });
  });

  it('is not said of a gang of which one node is busy', () => {
    const status = (minutes: number) =>
      aStatus({ utilization: idle(minutes), progress: { ...aStatus().progress, steppedAt: null } });
    const nodes = [aNode({ status: status(40) }), aNode({ rank: 1, instanceId: 'i-1', status: status(1) })];
    expect(sessionAlerts(aSession({ attempts: [anAttempt({ nodes })] }), NOW)).toEqual([]);
  });
});

describe('a loss that is not a number', () => {
  it('is told of at once, with the newest checkpoint from before', () => {
    expect(alertOf(notANumber())).toMatchObject({
      alertId: 'digits-1-nan-1-150',
      kind: 'training-nan',
      severity: 'error',
    });
    expect(alertOf(notANumber())?.body).toContain('since step 150');
    expect(alertOf(notANumber())?.body).toContain('at step 140 it still was');
    expect(alertOf(notANumber())?.body).toContain('step-140.pt');
  });

  it('stops training five minutes later where the job asks; the cause names that checkpoint', () => {
    expect(orderOf(told(notANumber()), NOW + 20 * MINUTE_MS)).toMatchObject({ desired: 'run' });
    const stopped = decide(told(notANumber({ nan: 'stop' })), {}, NOW + 5 * MINUTE_MS).session;
    const final = aFinal({ outcome: 'stopped', reason: 'LossNotFinite' });
    const ended = decide(stopped, { nodes: { [NODE]: { final } } }, NOW + 6 * MINUTE_MS);
    const verdict = currentAttempt(ended.session)?.verdict;
    expect(verdict).toMatchObject({ error: 'LossNotFinite' });
    expect(verdict?.message).toContain('the newest checkpoint from before is step-140.pt');
    expect(ended.actions).toContainEqual(expect.objectContaining({ kind: 'completeTask' }));
  });
});

describe('nodes that do not stop as told', () => {
  it('are given up after their grace and drain', () => {
    const ordered = decide(told(stalled({ stall: 'restart' })), {}, NOW + 5 * MINUTE_MS).session;
    const at = (minutes: number) =>
      currentAttempt(decide(ordered, {}, NOW + minutes * MINUTE_MS).session)?.verdict?.error;
    expect(at(11)).toBeUndefined();
    expect(at(12)).toBe('TrainingRestarted');
  });
});

describe('restarts', () => {
  const restarted = (number: number, from: number | null, to: number) =>
    anAttempt({
      number,
      nodes: [
        aNode({
          final: aFinal({
            attempt: number,
            outcome: 'interrupted',
            reason: 'TrainingRestarted',
            lastCheckpoint: checkpoint(to),
            resumedFrom: from === null ? null : { userId: 'x', sequence: 1, step: from, name: 'x' },
          }),
        }),
      ],
      verdict: { error: 'TrainingRestarted', message: 'Told to stop.', at: minutesAgo(1) },
    });
  const verdictAfter = (attempts: ReturnType<typeof restarted>[]) => {
    const last = attempts.at(-1);
    const others = attempts.slice(0, -1);
    const session = aSession(
      { attempts: [...others, { ...last, verdict: null } as (typeof attempts)[number]] },
      { limits: { maxAttempts: 2 }, on: { stall: 'restart' } },
    );
    return currentAttempt(decide(session, {}, NOW).session)?.verdict?.error;
  };

  it('go on as long as training gets further', () => {
    expect(verdictAfter([restarted(1, null, 100), restarted(2, 100, 200), restarted(3, 200, 300)])).toBe(
      'TrainingRestarted',
    );
  });

  it('end when it stalls where it began, even though it saves each time', () => {
    expect(verdictAfter([restarted(1, null, 100), restarted(2, 100, 100)])).toBe('TrainingRestarted');
    expect(verdictAfter([restarted(1, null, 100), restarted(2, 100, 100), restarted(3, 100, 100)])).toBe(
      'AttemptsExhausted',
    );
  });
});

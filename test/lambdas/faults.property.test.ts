import fc from 'fast-check';
import { ERROR_CLASSES, type ErrorName } from '../../core/errors';
import { leaseSchema } from '../../core/node/lease';
import { HOUR_MS, iso, MINUTE_MS } from '../../core/time';
import { collectResults } from '../../lambdas/collect-results/collect-results';
import { launchNodes } from '../../lambdas/launch-nodes/launch-nodes';
import { notifyFinished } from '../../lambdas/notify-finished/notify-finished';
import { planJob } from '../../lambdas/plan-job/plan-job';
import { reconcile } from '../../lambdas/reconcile/reconcile';
import { releaseNodes } from '../../lambdas/release-nodes/release-nodes';
import { startTraining } from '../../lambdas/start-training/start-training';
import { aFinal, aStatus, NOW } from '../support/sessions';
import { chanceOf, faultyPorts } from './faulty-ports';

const sessionId = 'run-1';
const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:Runctl:run-1';
const job = {
  name: 'digits',
  command: 'true',
  resources: { instanceTypes: ['g5.xlarge'] },
  limits: { maxAttempts: 99 },
};
const MANIFEST = 's3://bucket/results/run-1/runctl-manifest.json';

/** What becomes of an instance after some minutes of training. */
type Fate = 'succeeds' | 'is interrupted' | 'vanishes' | 'fails';

class Aborted extends Error {}

/** The state machine, the instances and the minutes around the functions; every call of theirs may fail. */
class World {
  readonly chance;
  readonly ports;
  /** When the user aborts the execution, in minutes from its start. */
  abortAtMinute = Number.POSITIVE_INFINITY;
  trainedMinutes = new Map<string, number>();
  training = new Set<string>();
  worstAtOnce = 0;
  #tokens = 0;

  constructor(
    seed: number,
    readonly fates: Fate[],
    rate: number,
  ) {
    this.chance = chanceOf(seed);
    this.ports = faultyPorts(this.chance, rate);
    this.ports.truth.executions.statuses.set(executionArn, 'RUNNING');
    this.ports.truth.objects.set(MANIFEST, '{"version":1,"sessionId":"run-1","attempt":1,"files":[]}');
  }

  /** What the state machine's Retry does for errors that pass. */
  async retried<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const name = error instanceof Error ? error.name : '';
        const isPassing = ['AwsUnavailable', 'WriteConflict', 'InstanceNotReady'].includes(name);
        if (!isPassing) throw error;
        await this.minute();
      }
    }
  }

  async minute(): Promise<void> {
    const { truth, seen } = this.ports;
    truth.clock.pass(MINUTE_MS);
    if (truth.clock.now() - NOW > 48 * HOUR_MS) throw new Error('It does not come to an end.');
    this.agents();
    await reconcile(seen).catch(() => {});
    this.#abort(seen.clock.now());
  }

  /** Step Functions stops at once, wherever it is, and nobody waits for a token any more. */
  #abort(now: number): void {
    const { truth, task } = this.ports;
    if (now - NOW < this.abortAtMinute * MINUTE_MS) return;
    this.abortAtMinute = Number.POSITIVE_INFINITY;
    truth.executions.statuses.set(executionArn, 'ABORTED');
    task.token = undefined;
    throw new Aborted();
  }

  /** Each instance whose agent was started obeys its lease, reports, and meets its fate. */
  agents(): void {
    const { truth } = this.ports;
    const lease = leaseSchema.safeParse(truth.objects.json(`sessions/${sessionId}/lease.json`));
    this.training.clear();
    for (const { attempt, instanceIds } of truth.runCommand.started) {
      for (const id of instanceIds) {
        if (truth.fleet.instances.get(id)?.state !== 'running') continue;
        const order = lease.data?.orders[attempt];
        if (order === undefined || order.desired === 'stop') this.#stop(id, attempt);
        else if (order.go) this.#train(id, attempt);
      }
    }
    this.worstAtOnce = Math.max(this.worstAtOnce, this.training.size);
  }

  /** It saves, says so, and powers off. */
  #stop(id: string, attempt: number): void {
    const { truth } = this.ports;
    const final = aFinal({ sessionId, attempt, outcome: 'stopped', reason: 'Aborted' });
    truth.objects.setJson(`final/AROANODE:${id}.json`, final);
    truth.fleet.setState(id, 'terminated');
  }

  #train(id: string, attempt: number): void {
    const { truth } = this.ports;
    const userId = `AROANODE:${id}`;
    if (this.training.has(id)) return;
    this.training.add(id);
    const minutes = (this.trainedMinutes.get(id) ?? 0) + 1;
    this.trainedMinutes.set(id, minutes);
    truth.objects.setJson(`status/${userId}.json`, aStatus({ sessionId, attempt, at: iso(truth.clock.now()) }));
    if (minutes < 4) return;
    const fate = this.fates[attempt - 1] ?? 'succeeds';
    const final = aFinal({ sessionId, attempt });
    const word = {
      succeeds: { ...final, resultsManifestUri: MANIFEST },
      'is interrupted': { ...final, outcome: 'interrupted' as const, reason: 'SpotNotice' },
      fails: { ...final, outcome: 'failed' as const, exitCode: 1 },
      vanishes: null,
    }[fate];
    if (word !== null) truth.objects.setJson(`final/${userId}.json`, word);
    truth.fleet.setState(id, 'terminated', fate === 'is interrupted' ? 'Server.SpotInstanceTermination' : null);
  }

  /** Minutes pass until the session is closed. */
  async untilReleased(): Promise<void> {
    const { truth } = this.ports;
    while (truth.sessions.records.get(sessionId)?.releasedAt === null) await this.minute();
  }

  get left(): string[] {
    const instances = [...this.ports.truth.fleet.instances.values()];
    return instances.filter(({ state }) => state !== 'terminated').map(({ instanceId }) => instanceId);
  }

  async execute(): Promise<void> {
    const failure = await this.train().then(
      () => null,
      (error: Error) => {
        if (error instanceof Aborted) throw error;
        return { error: error.name, cause: error.message };
      },
    );
    const end = { sessionId, executionArn, failure };
    await this.retried(() => releaseNodes(end, this.ports.seen));
    await this.retried(() => notifyFinished(end, this.ports.seen));
    this.ports.truth.executions.statuses.set(executionArn, failure === null ? 'SUCCEEDED' : 'FAILED');
    this.abortAtMinute = Number.POSITIVE_INFINITY;
  }

  async train(): Promise<void> {
    const { seen } = this.ports;
    await this.retried(() => planJob({ sessionId, executionArn, job }, seen));
    for (let attempt = 1; ; attempt++) {
      await this.retried(() => launchNodes({ sessionId, attempt }, seen));
      const result = await this.runTraining(attempt);
      if (result.error === undefined) {
        await this.retried(() => collectResults({ sessionId, attempt }, seen));
        return;
      }
      const isLost = ERROR_CLASSES[result.error as ErrorName] === 'infrastructure';
      if (!isLost) throw Object.assign(new Error(result.cause), { name: result.error });
    }
  }

  /** Waits for the task's token; goes back in when no heartbeat came for fifteen minutes. */
  async runTraining(attempt: number) {
    const { task, truth, seen } = this.ports;
    for (;;) {
      await this.retried(() => {
        const taskToken = `token-${++this.#tokens}`;
        task.await(taskToken);
        return startTraining({ sessionId, attempt, taskToken }, seen);
      });
      while (task.result === undefined && truth.clock.now() - task.heartbeatAtMs < 15 * MINUTE_MS) await this.minute();
      if (task.result !== undefined) return task.result;
    }
  }
}

const fates = fc.array(fc.constantFrom<Fate>('succeeds', 'is interrupted', 'vanishes', 'fails'), { maxLength: 5 });

describe('whatever call fails, before or after it did its work', () => {
  it('the session ends as its last attempt did, never trains twice at once, and leaves no instance', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fates, fc.constantFrom(0, 0.05, 0.15), async (seed, script, rate) => {
        const world = new World(seed, script, rate);
        const { truth } = world.ports;
        await world.execute();
        await world.untilReleased();

        const index = script.findIndex((fate) => fate === 'succeeds' || fate === 'fails');
        const ending = script[index] ?? 'succeeds';
        const { outcome, attempts } = truth.sessions.record(sessionId);
        expect(outcome?.result).toBe(ending === 'fails' ? 'failed' : 'succeeded');
        expect(attempts).toHaveLength(1 + (index === -1 ? script.length : index));
        expect(world.worstAtOnce).toBeLessThanOrEqual(1);
        expect(world.left).toEqual([]);
        expect(truth.fleet.instances.size).toBe(attempts.length);
        expect(endings(truth.notifier.published)).toEqual(new Set(['run-1-finished']));
      }),
      { numRuns: 60 },
    );
  });

  it('an execution that is aborted at any time is drained, closed and told of, though no event says so', async () => {
    const minutes = fc.integer({ min: 1, max: 30 });
    await fc.assert(
      fc.asyncProperty(fc.integer(), minutes, fc.constantFrom(0, 0.05, 0.15), async (seed, abortAtMinute, rate) => {
        const world = new World(seed, ['vanishes', 'is interrupted', 'vanishes', 'vanishes'], rate);
        world.abortAtMinute = abortAtMinute;
        await world.execute().catch((error: unknown) => {
          if (!(error instanceof Aborted)) throw error;
        });
        await world.untilReleased();

        const { truth } = world.ports;
        expect(world.left).toEqual([]);
        expect(world.worstAtOnce).toBeLessThanOrEqual(1);
        const session = truth.sessions.records.get(sessionId);
        if (session === undefined) return;
        expect(session.outcome?.result).toMatch(/aborted|succeeded/);
        expect(endings(truth.notifier.published)).toEqual(new Set(['run-1-finished']));
      }),
      { numRuns: 60 },
    );
  });
});

/** Ids of what was published about the end; there may be news on the way. */
function endings(published: readonly { alertId: string; kind: string }[]): Set<string> {
  return new Set(published.filter(({ kind }) => kind === 'session-finished').map(({ alertId }) => alertId));
}

/** The state machine itself, on the interpreter, with the functions in the test's hands and time standing still. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FunctionError, World } from '../states/support';

const definition = JSON.parse(
  readFileSync(join(__dirname, '../../statemachines/training-job.asl.json'), 'utf8').replace(/\$\{(\w+)\}/g, '$1'),
);
const MINUTE_MS = 60_000;

type Answer = (payload: Record<string, unknown>) => unknown;

class Job {
  readonly world = new World();
  readonly calls: { name: string; payload: Record<string, unknown> }[] = [];
  arn = '';
  answers: Record<string, Answer> = {
    PlanJobFunction: ({ sessionId }) => ({ sessionId }),
    LaunchNodesFunction: () => ({ outcome: 'launched' }),
    StartTrainingFunction: () => null,
    CollectResultsFunction: () => ({ output: 's3://bucket/results/run/', receipt: 's3://bucket/receipt.json' }),
    ReleaseNodesFunction: () => null,
    NotifyFinishedFunction: () => null,
  };

  async start(answers: Record<string, Answer> = {}): Promise<this> {
    Object.assign(this.answers, answers);
    this.world.onInvoke = async (name, payload) => {
      this.calls.push({ name, payload: payload as Record<string, unknown> });
      return this.answers[name]?.(payload as Record<string, unknown>);
    };
    this.arn = await this.world.start(definition, { name: 'digits', command: 'true' });
    return this;
  }

  async complete(error?: string, cause = 'said so'): Promise<void> {
    const taskToken = this.payloads('StartTrainingFunction').at(-1)?.['taskToken'];
    await (error === undefined
      ? this.world.call('SendTaskSuccess', { taskToken, output: '{"attempt":1}' })
      : this.world.call('SendTaskFailure', { taskToken, error, cause }));
    await this.world.clock.settle();
  }

  payloads = (name: string) => this.calls.filter((call) => call.name === name).map(({ payload }) => payload);
  names = () => this.calls.map(({ name }) => name.replace('Function', ''));
  end = () => this.world.describe(this.arn);
}

describe('the training job', () => {
  it('plans, launches, trains, collects, releases and notifies', async () => {
    const job = await new Job().start();
    await job.complete();
    expect(job.names()).toEqual([
      'PlanJob',
      'LaunchNodes',
      'StartTraining',
      'CollectResults',
      'ReleaseNodes',
      'NotifyFinished',
    ]);
    const { status, output } = await job.end();
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toEqual({
      sessionId: 'run',
      output: 's3://bucket/results/run/',
      receipt: 's3://bucket/receipt.json',
    });
    expect(job.payloads('PlanJobFunction')).toEqual([
      { sessionId: 'run', executionArn: job.arn, job: { name: 'digits', command: 'true' } },
    ]);
  });

  it.each(['SpotInterrupted', 'NodeLost', 'LeaseExpired', 'TrainingRetried', 'TrainingMigrated', 'ReplacementDropped'])(
    'after %s launches the next attempt',
    async (error) => {
      const job = await new Job().start();
      await job.complete(error);
      await job.complete();
      expect(job.payloads('LaunchNodesFunction').map(({ attempt }) => attempt)).toEqual([1, 2]);
      expect((await job.end()).status).toBe('SUCCEEDED');
    },
  );

  it('an instance that is lost before its launch was recorded is followed by the next attempt', async () => {
    const job = await new Job().start({
      LaunchNodesFunction: ({ attempt }) => {
        if (attempt === 1) throw new FunctionError('NodeLost', 'i-1 is shutting-down without a last word.');
        return { outcome: 'launched' };
      },
    });
    await job.complete();
    expect(job.payloads('LaunchNodesFunction').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect((await job.end()).status).toBe('SUCCEEDED');
  });

  it.each(['PlanJobFunction', 'ReleaseNodesFunction', 'NotifyFinishedFunction'])(
    'an outage of functions for 35 minutes is waited for by %s: nobody is refused, or goes without being told',
    async (name) => {
      let isDown = true;
      const job = await new Job().start({
        [name]: () => {
          if (isDown) throw new FunctionError('Lambda.ServiceException');
          return null;
        },
      });
      if (name !== 'PlanJobFunction') await job.complete();
      await job.world.clock.advance(35 * MINUTE_MS);
      expect((await job.end()).status).toBe('RUNNING');
      isDown = false;
      await job.world.clock.advance(2 * MINUTE_MS);
      if (name === 'PlanJobFunction') await job.complete();
      expect((await job.end()).status).toBe('SUCCEEDED');
      expect(job.names()).toContain('NotifyFinished');
    },
  );

  it.each([
    'TrainingFailed',
    'BudgetReached',
    'TimeLimitReached',
    'StoppedByUser',
    'AttemptsExhausted',
    'NodeUnreachable',
  ])('ends with %s, in words, after releasing and notifying', async (error) => {
    const job = await new Job().start();
    await job.complete(error, 'What happened, in words.');
    expect(await job.end()).toMatchObject({ status: 'FAILED', error, cause: 'What happened, in words.' });
    const end = { sessionId: 'run', executionArn: job.arn, failure: { error, cause: 'What happened, in words.' } };
    expect(job.payloads('ReleaseNodesFunction')).toEqual([end]);
    expect(job.payloads('NotifyFinishedFunction')).toEqual([end]);
  });

  it('a function’s own error ends it with the message, not with a JSON of a JSON', async () => {
    const job = await new Job().start({
      PlanJobFunction: () => {
        throw new FunctionError('InvalidJobSpec', 'The job spec has 1 problem.\n- name: is required and missing');
      },
    });
    expect(await job.end()).toMatchObject({
      status: 'FAILED',
      error: 'InvalidJobSpec',
      cause: 'The job spec has 1 problem.\n- name: is required and missing',
    });
    expect(job.names()).toEqual(['PlanJob', 'ReleaseNodes', 'NotifyFinished']);
  });

  it('waits for capacity as long as launch-nodes says', async () => {
    let tries = 0;
    const job = await new Job().start({
      LaunchNodesFunction: () => (++tries < 3 ? { outcome: 'wait', waitSeconds: 60 } : { outcome: 'launched' }),
    });
    expect(tries).toBe(1);
    await job.world.clock.advance(2 * MINUTE_MS);
    expect(tries).toBe(3);
    await job.complete();
    expect((await job.end()).status).toBe('SUCCEEDED');
  });

  it('tries the start again while the instance is not ready, with a new token each time', async () => {
    let tries = 0;
    const job = await new Job().start({
      StartTrainingFunction: () => {
        if (++tries < 5) throw new FunctionError('InstanceNotReady');
      },
    });
    await job.world.clock.advance(MINUTE_MS);
    expect(new Set(job.payloads('StartTrainingFunction').map(({ taskToken }) => taskToken)).size).toBe(5);
    await job.complete();
    expect((await job.end()).status).toBe('SUCCEEDED');
  });

  it('goes on trying to start for more than ten minutes', async () => {
    const job = await new Job().start({
      StartTrainingFunction: () => {
        throw new FunctionError('InstanceNotReady');
      },
    });
    await job.world.clock.advance(12 * MINUTE_MS);
    expect((await job.end()).status).toBe('RUNNING');
  });

  it('a missed heartbeat is no verdict: it asks start-training again, for the same attempt', async () => {
    const job = await new Job().start();
    await job.world.clock.advance(16 * MINUTE_MS);
    expect(job.payloads('StartTrainingFunction').map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(job.payloads('LaunchNodesFunction')).toHaveLength(1);
    await job.complete();
    expect((await job.end()).status).toBe('SUCCEEDED');
  });

  it('a heartbeat keeps it waiting', async () => {
    const job = await new Job().start();
    for (let minute = 0; minute < 60; minute += 10) {
      await job.world.clock.advance(10 * MINUTE_MS);
      await job.world.call('SendTaskHeartbeat', { taskToken: job.payloads('StartTrainingFunction')[0]?.['taskToken'] });
    }
    expect(job.payloads('StartTrainingFunction')).toHaveLength(1);
  });

  it('a release that cannot be done still notifies, and fails for the first reason', async () => {
    const job = await new Job().start({
      ReleaseNodesFunction: () => {
        throw new FunctionError('AwsUnavailable');
      },
    });
    await job.complete('TrainingFailed', 'exit code 3');
    await job.world.clock.advance(120 * MINUTE_MS);
    expect(job.payloads('NotifyFinishedFunction')).toHaveLength(1);
    expect(await job.end()).toMatchObject({ status: 'FAILED', error: 'TrainingFailed' });
  });

  it('functions that fail for an hour end nothing: training goes on under its lease meanwhile', async () => {
    let isDead = true;
    const job = await new Job().start({
      StartTrainingFunction: () => {
        if (isDead) throw new FunctionError('Runtime.ExitError');
      },
    });
    await job.world.clock.advance(60 * MINUTE_MS);
    isDead = false;
    await job.world.clock.advance(2 * MINUTE_MS);
    await job.complete();
    expect((await job.end()).status).toBe('SUCCEEDED');
  });

  it('a throttled function is tried again', async () => {
    let tries = 0;
    const job = await new Job().start({
      PlanJobFunction: () => {
        if (++tries < 3) throw new FunctionError('AwsUnavailable');
        return {};
      },
    });
    await job.world.clock.advance(5 * MINUTE_MS);
    await job.complete();
    expect((await job.end()).status).toBe('SUCCEEDED');
  });
});

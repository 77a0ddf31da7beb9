import { setTimeout } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { ENV_SPECS, readEnv } from '../../core/env';
import { RunctlError } from '../../core/errors';
import { lazy } from '../../lambdas/shared/lazy';
import { withInvocation } from '../../lambdas/shared/with-invocation';

const context = { awsRequestId: 'request-1', functionName: 'plan-job' } as Context;
const TOKEN = `AAAAKgAAAAIAAAAA${'aB3/'.repeat(120)}==`;

/** Everything that a run writes to the console. */
async function logged(run: () => Promise<unknown>): Promise<{ text: string; error: unknown }> {
  const lines: string[] = [];
  const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
    jest.spyOn(console, level).mockImplementation((...args: unknown[]) => void lines.push(args.map(String).join(' '))),
  );
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  for (const spy of spies) spy.mockRestore();
  return { text: lines.join('\n'), error };
}

// Powertools writes to a console of its own unless it is told that this is a development machine.
beforeAll(() => {
  process.env['POWERTOOLS_DEV'] = 'true';
});

describe('an invocation', () => {
  it('has one line at its start and one at its end, with the request id', async () => {
    const handler = withInvocation('plan-job', async () => ({ sessionId: 'a' }));
    const { text } = await logged(() => handler({}, context));
    expect(text.match(/Invocation started/g)).toHaveLength(1);
    expect(text.match(/Invocation ended/g)).toHaveLength(1);
    expect(text).toContain('request-1');
  });

  it("throws the domain's errors on under their own name", async () => {
    const handler = withInvocation('plan-job', () => Promise.reject(new RunctlError('QuotaExceeded', 'No quota.')));
    const { text, error } = await logged(() => handler({}, context));
    expect(error).toMatchObject({ name: 'QuotaExceeded', message: 'No quota.' });
    expect(text.match(/Invocation failed/g)).toHaveLength(1);
  });

  it('is ended by Lambda alone, whose Sandbox.Timedout the state machine tries again', async () => {
    const handler = withInvocation('plan-job', async () => {
      await setTimeout(20);
      return 'done';
    });
    const outOfTime = { ...context, getRemainingTimeInMillis: () => 0 };
    expect((await logged(() => handler({}, outOfTime))).error).toBeUndefined();
  });

  it('throws a passing trouble of AWS as AwsUnavailable', async () => {
    const throttled = Object.assign(new Error('slow'), { name: 'ThrottlingException', $metadata: {} });
    const handler = withInvocation('plan-job', () => Promise.reject(throttled));
    const { error } = await logged(() => handler({}, context));
    expect(error).toMatchObject({ name: 'AwsUnavailable' });
  });

  it('keeps task tokens, signatures and the environment out of the log, wherever they turn up', async () => {
    const url = `https://assets.s3.amazonaws.com/agent.mjs?X-Amz-Security-Token=abc&X-Amz-Signature=${'f'.repeat(64)}`;
    const handler = withInvocation('plan-job', (_event, { log }) => {
      log.info('Careless', { taskToken: TOKEN, deep: { token: 'short-secret', agentUrl: url }, text: `see ${url}` });
      return Promise.reject(new Error(`Invalid token ${TOKEN} at ${url}`));
    });
    const { text } = await logged(() => handler({ taskToken: TOKEN }, context));
    expect(text).toContain('Careless');
    for (const secret of [TOKEN, TOKEN.slice(0, 40), 'short-secret', 'f'.repeat(64), 'Security-Token=abc']) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('what is built lazily', () => {
  it('is built once, and tried again when building failed', () => {
    let builds = 0;
    const get = lazy(() => {
      builds++;
      if (builds === 1) throw new Error('not yet');
      return builds;
    });
    expect(get).toThrow('not yet');
    expect([get(), get()]).toEqual([2, 2]);
  });
});

describe('the environment', () => {
  const good = {
    ...{ TABLE_NAME: 't', BUCKET_NAME: 'b', LAUNCH_TEMPLATE_ID: 'lt', NODE_ROLE_ID: 'AROA', ASSIGN_PUBLIC_IP: 'true' },
    ...{ SUBNET_IDS: 'subnet-a, subnet-b', DEFAULT_TAGS: '{"Team":"nlp"}' },
  };

  it('is parsed to what each variable stands for', () => {
    expect(readEnv(ENV_SPECS['launch-nodes'], good)).toMatchObject({
      SUBNET_IDS: ['subnet-a', 'subnet-b'],
      DEFAULT_TAGS: { Team: 'nlp' },
    });
  });

  it('names everything that is missing or wrong, and no values', () => {
    const env = { ...good, TABLE_NAME: '  ', SUBNET_IDS: 'a,,b', DEFAULT_TAGS: '["secret"]' };
    expect(() => readEnv(ENV_SPECS['launch-nodes'], env)).toThrow(
      "The function's environment: TABLE_NAME is missing; SUBNET_IDS is not a comma-separated list; DEFAULT_TAGS is not a JSON object of texts.",
    );
  });
});

describe('failures', () => {
  beforeAll(() => {
    // Off on a development machine.
    process.env['POWERTOOLS_METRICS_DISABLED'] = 'false';
  });

  const emitted = async (error: Error): Promise<unknown[]> => {
    const handler = withInvocation('plan-job', () => Promise.reject(error));
    const { text } = await logged(() => handler({}, context));
    return text
      .split('\n')
      .filter((line) => line.includes('CloudWatchMetrics'))
      .map((line) => JSON.parse(line));
  };

  it.each([
    ['a bug', new TypeError('x is not a function')],
    ['what the deployment got wrong', new RunctlError('ConfigInvalid', 'No table.')],
    ['AWS being away', new RunctlError('AwsUnavailable', 'Away.')],
  ])('are counted by a metric without a dimension: %s', async (_, error) => {
    expect(await emitted(error)).toEqual([
      expect.objectContaining({
        InvocationFailures: 1,
        _aws: expect.objectContaining({
          CloudWatchMetrics: [
            { Namespace: 'runctl', Dimensions: [[]], Metrics: [{ Name: 'InvocationFailures', Unit: 'Count' }] },
          ],
        }),
      }),
    ]);
  });

  it.each([
    ['InvalidJobSpec' as const],
    ['QuotaExceeded' as const],
    ['CapacityUnavailable' as const],
    ['InstanceNotReady' as const],
    ['BudgetReached' as const],
  ])('are no failures of the control plane: %s', async (name) => {
    expect(await emitted(new RunctlError(name, 'As it is.'))).toEqual([]);
  });
});

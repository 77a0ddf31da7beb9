import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSync } from 'esbuild';
import { type Clock, ScaledClock, type Timer } from '../../local/clock';
import type { LambdaFault } from '../../local/services/lambda/lambda-function';
import { createHarness, type Harness } from './lambda-harness';

const invoke = (harness: Harness, input: object) =>
  harness.lambda.operations['Invoke']?.(input, harness.context) as Promise<{
    StatusCode: number;
    Payload: Uint8Array;
    FunctionError?: string;
    LogResult?: string;
  }>;

describe('the Lambda API', () => {
  let harness: Harness;
  beforeEach(() => {
    harness = createHarness();
  });
  afterEach(() => harness.close());

  it('invokes by name, qualified name and ARN, and gives the log tail back', async () => {
    const name = harness.define(`export const handler = async (e) => { console.log('seen'); return e; };`);
    for (const FunctionName of [
      name,
      `${name}:$LATEST`,
      `000000000000:function:${name}`,
      `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    ]) {
      const answer = await invoke(harness, { FunctionName, Payload: Buffer.from('{"a":1}'), LogType: 'Tail' });
      expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
      expect(Buffer.from(answer.Payload).toString()).toBe('{"a":1}');
      expect(Buffer.from(answer.LogResult ?? '', 'base64').toString()).toMatch(/START[\s\S]*seen[\s\S]*REPORT/);
    }
  });

  it.each([
    ['ResourceNotFoundException', { FunctionName: 'nobody' }],
    ['InvalidRequestContentException', { FunctionName: 'known', Payload: Buffer.from('{') }],
    ['RequestTooLargeException', { FunctionName: 'known', Payload: Buffer.alloc(6 * 2 ** 20 + 1, '1') }],
    [
      'RequestTooLargeException',
      { FunctionName: 'known', InvocationType: 'Event', Payload: Buffer.alloc(2 ** 20 + 1, '1') },
    ],
  ])('answers %s', async (error, input) => {
    harness.define('export const handler = async () => 1;', { name: 'known' });
    await expect(invoke(harness, input)).rejects.toMatchObject({ name: error });
  });

  it('does not run the function for a dry run', async () => {
    const FunctionName = harness.define('export const handler = async () => 1;');
    expect(await invoke(harness, { FunctionName, InvocationType: 'DryRun' })).toEqual({ StatusCode: 204 });
    expect(harness.invocations).toEqual([]);
  });

  it('lists the functions with their configuration', async () => {
    const name = harness.define('export const handler = async () => 1;', {
      timeoutSeconds: 7,
      environment: { A: 'b' },
    });
    const shown = {
      FunctionName: name,
      Timeout: 7,
      Environment: { Variables: { A: 'b' } },
      Role: expect.stringContaining(':role/FnRole'),
    };
    expect(await harness.lambda.operations['ListFunctions']?.({}, harness.context)).toMatchObject({
      Functions: [shown],
    });
    const one = await harness.lambda.operations['GetFunctionConfiguration']?.({ FunctionName: name }, harness.context);
    expect(one).toMatchObject(shown);
  });
});

/** Runs whatever is scheduled at once, and remembers the delays. */
class ImpatientClock implements Clock {
  readonly delaysMs: number[] = [];
  #nowMs = 0;
  now(): number {
    return this.#nowMs;
  }
  schedule(delayMs: number, callback: () => void): Timer {
    if (delayMs === FUNCTION_TIMEOUT_MS) return { cancel: () => {} };
    this.delaysMs.push(delayMs);
    this.#nowMs += delayMs;
    setImmediate(callback);
    return { cancel: () => {} };
  }
}
const FUNCTION_TIMEOUT_MS = 30_000;
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:dead';
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:failed';

describe('an asynchronous invocation', () => {
  async function runAsync(source: string, config: object, deadLetterArn?: string) {
    const clock = new ImpatientClock();
    let sent: () => void = () => {};
    const delivered = new Promise<void>((resolve) => {
      sent = resolve;
    });
    const messages: { serviceId: string; operation: string; input: Record<string, unknown> }[] = [];
    const harness = createHarness({
      clock,
      dispatch: async (serviceId, operation, input) => {
        if (serviceId === 'logs') return {};
        messages.push({ serviceId, operation, input: input as Record<string, unknown> });
        sent();
        return {};
      },
    });
    const FunctionName = harness.define(source, deadLetterArn ? { deadLetterArn } : {});
    harness.lambda.setEventInvokeConfig(FunctionName, config);
    const answer = await invoke(harness, { FunctionName, InvocationType: 'Event', Payload: Buffer.from('{"job":1}') });
    expect(answer.StatusCode).toBe(202);
    await delivered;
    await harness.close();
    return { messages, clock, attempts: harness.invocations.length };
  }
  const failing = `export const handler = async () => { throw new Error('always'); };`;

  it('is tried again after one and two minutes, then goes to the dead-letter queue', async () => {
    const { messages, clock, attempts } = await runAsync(failing, {}, QUEUE);
    expect(attempts).toBe(3);
    expect(clock.delaysMs).toEqual([60_000, 120_000]);
    expect(messages).toMatchObject([
      {
        serviceId: 'sqs',
        operation: 'SendMessage',
        input: {
          QueueUrl: expect.stringMatching(/dead$/),
          MessageBody: '{"job":1}',
          MessageAttributes: { ErrorMessage: { StringValue: 'always' } },
        },
      },
    ]);
  });

  it('that fails for good tells its failure destination why', async () => {
    const { messages, attempts } = await runAsync(failing, { maximumRetryAttempts: 0, onFailureArn: TOPIC });
    expect(attempts).toBe(1);
    expect(messages).toMatchObject([{ serviceId: 'sns', operation: 'Publish', input: { TopicArn: TOPIC } }]);
    expect(JSON.parse(String(messages[0]?.input['Message']))).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 1 },
      requestPayload: { job: 1 },
      responsePayload: { errorType: 'Error', errorMessage: 'always' },
    });
  });

  it('that is older than allowed is given up early', async () => {
    const { messages, attempts } = await runAsync(failing, { maximumEventAgeSeconds: 60, onFailureArn: TOPIC });
    expect(attempts).toBe(2);
    expect(String(messages[0]?.input['Message'])).toContain('EventAgeExceeded');
  });

  it('that succeeds tells its success destination', async () => {
    const { messages } = await runAsync('export const handler = async () => 5;', { onSuccessArn: TOPIC });
    expect(JSON.parse(String(messages[0]?.input['Message']))).toMatchObject({
      requestContext: { condition: 'Success' },
      responsePayload: 5,
    });
  });
});

describe('a crash on purpose', () => {
  const bundle = buildSync({
    stdin: {
      contents: `
        import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
        const sts = new STSClient({});
        export const handler = async () => {
          let done = 0;
          for (; done < 3; done++) await sts.send(new GetCallerIdentityCommand({}));
          return done;
        };`,
      resolveDir: __dirname,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
  }).outputFiles[0]?.text;
  let server: Server;
  let requests = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests += 1;
      request
        .resume()
        .on('end', () =>
          response.end(
            '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
          ),
        );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  async function run(crash: LambdaFault | undefined, speed = 1) {
    requests = 0;
    const harness = createHarness({
      clock: new ScaledClock(speed),
      endpoint: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      faults: (_, callIndex) => (callIndex === 1 ? crash : undefined),
    });
    const name = harness.define(bundle ?? '');
    const first = await harness.invoke(name);
    const sent = requests;
    const second = await harness.invoke(name);
    await harness.close();
    return { first, sent, second, records: harness.invocations };
  }

  it.each([
    [{ awsCall: 1, when: 'before' }, 0],
    [{ awsCall: 2, when: 'before' }, 1],
    [{ awsCall: 2, when: 'after' }, 2],
    [{ awsCall: 3, when: 'after' }, 3],
  ] as const)('%j leaves %i calls made, and the next invocation is undisturbed', async (crash, made) => {
    const { first, sent, second } = await run(crash);
    expect(first).toMatchObject({ functionError: 'Unhandled', result: { errorType: 'Runtime.ExitError' } });
    expect(sent).toBe(made);
    expect(second).toEqual({ result: 3 });
  });

  it('never happens past the last call, and the calls are counted', async () => {
    const { first, records } = await run({ awsCall: 4, when: 'before' });
    expect(first).toEqual({ result: 3 });
    expect(records[0]).toMatchObject({ callIndex: 1, awsCalls: 3 });
  });

  it.each([1, 60])('may be a jump of its clock instead, at speed %i', async (speed) => {
    const { first, second } = await run({ awsCall: 2, jumpMs: 3_600_000 }, speed);
    expect([first, second]).toEqual([{ result: 3 }, { result: 3 }]);
  });

  it('is not needed for SDK calls to work under a fast clock', async () => {
    expect((await run(undefined, 60)).first).toEqual({ result: 3 });
  });
});

import {
  DescribeRuleCommand,
  DisableRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  type Target,
} from '@aws-sdk/client-eventbridge';
import { AwsError } from '../../../local/service';
import type { BusOptions } from '../../../local/services/events/bus';
import { createEvents } from '../../../local/services/events/events';
import {
  ACCOUNT_ID,
  clientOptions,
  countingIds,
  REGION,
  startTestGateway,
  type TestGateway,
} from '../../gateway/start-test-gateway';
import { ManualClock } from '../../support/manual-clock';

const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:handle-event`;
const QUEUE_ARN = `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:dead`;
let gateway: TestGateway | undefined;
afterEach(() => gateway?.close());

/** A bus whose function is invoked as `answers` says, in order, and then well. */
async function start(options: Partial<BusOptions> = {}, answers: (() => never)[] = []) {
  const clock = new ManualClock();
  const invoked: { name: string; payload: unknown; atMs: number }[] = [];
  const dispatched: { service: string; operation: string; input: object }[] = [];
  const events = createEvents({
    clock,
    newId: countingIds(),
    region: REGION,
    accountId: ACCOUNT_ID,
    invokeAsync: (name, payload) => {
      invoked.push({ name, payload, atMs: clock.now() });
      answers.shift()?.();
    },
    dispatch: async (service, operation, input) => {
      dispatched.push({ service, operation, input });
      return {};
    },
    contextForRole: (roleName, sessionName) => ({
      caller: {
        accessKeyId: roleName,
        accountId: ACCOUNT_ID,
        arn: `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${roleName}/${sessionName}`,
        userId: `AROA:${sessionName}`,
        roleName,
      },
      accountId: ACCOUNT_ID,
      region: REGION,
      requestId: 'r-1',
    }),
    log: () => undefined,
    ...options,
  });
  gateway = await startTestGateway({ services: [events], clock });
  const client = new EventBridgeClient(clientOptions(gateway));
  const rule = async (target: Partial<Target> = {}, input: object = { EventPattern: '{"source":["runctl"]}' }) => {
    await client.send(new PutRuleCommand({ Name: 'r', ...input }));
    await client.send(new PutTargetsCommand({ Rule: 'r', Targets: [{ Id: 't', Arn: FUNCTION_ARN, ...target }] }));
  };
  return { clock, events, client, invoked, dispatched, rule };
}

const event = (detail: object = { sessionId: 's1' }) => ({ source: 'runctl', 'detail-type': 'Stop Requested', detail });

describe('an event', () => {
  it('put through the API reaches the function of a rule that matches, and only then', async () => {
    const { clock, client, invoked, rule } = await start();
    await rule();
    const entry = (Source: string) => ({ Source, DetailType: 'Stop Requested', Detail: '{"sessionId":"s1"}' });
    const answer = await client.send(new PutEventsCommand({ Entries: [entry('runctl'), entry('other')] }));
    expect(answer.FailedEntryCount).toBe(0);
    await clock.advance(0);
    expect(invoked).toHaveLength(1);
    expect(invoked[0]).toMatchObject({
      name: FUNCTION_ARN,
      payload: {
        version: '0',
        id: answer.Entries?.[0]?.EventId,
        source: 'runctl',
        'detail-type': 'Stop Requested',
        account: ACCOUNT_ID,
        region: REGION,
        time: '2026-01-01T00:00:00Z',
        resources: [],
        detail: { sessionId: 's1' },
      },
    });
  });

  it('is delivered after emit has returned, once', async () => {
    const { clock, events, invoked, rule } = await start();
    await rule();
    events.emit(event());
    expect(invoked).toHaveLength(0);
    await clock.advance(3_600_000);
    expect(invoked).toHaveLength(1);
  });

  it('is refused by entry when it is malformed, or claims to be from AWS', async () => {
    const { client } = await start();
    const entry = (more: object) => ({ Source: 's', DetailType: 'd', Detail: '{}', ...more });
    const { Entries, FailedEntryCount } = await client.send(
      new PutEventsCommand({
        Entries: [entry({}), entry({ Detail: '[1' }), entry({ Source: 'aws.ec2' }), entry({ DetailType: undefined })],
      }),
    );
    expect(FailedEntryCount).toBe(3);
    expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      'InvalidArgument',
    ]);
  });

  it('does not reach a rule that is disabled', async () => {
    const { clock, client, events, invoked, rule } = await start();
    await rule();
    await client.send(new DisableRuleCommand({ Name: 'r' }));
    events.emit(event());
    await clock.advance(0);
    expect(invoked).toEqual([]);
    expect((await client.send(new DescribeRuleCommand({ Name: 'r' }))).State).toBe('DISABLED');
  });

  it.each([
    ['drop', []],
    ['twice', [0, 0]],
    [{ delayMs: 5000 }, [5000]],
  ] as const)('under the fault %j arrives after %j ms', async (fault, arrivals) => {
    const { clock, events, invoked, rule } = await start({ deliveryFaults: () => fault });
    await rule();
    const startMs = clock.now();
    events.emit(event());
    await clock.advance(60_000);
    expect(invoked.map(({ atMs }) => atMs - startMs)).toEqual(arrivals);
  });
});

describe('a target', () => {
  it('that cannot be reached is retried as its policy says, and then the event goes to the dead-letter queue', async () => {
    const throttled = () => {
      throw new AwsError('TooManyRequestsException', 'slow down', { statusCode: 429 });
    };
    const { clock, events, invoked, dispatched, rule } = await start({}, [throttled, throttled, throttled, throttled]);
    await rule({ RetryPolicy: { MaximumRetryAttempts: 2 }, DeadLetterConfig: { Arn: QUEUE_ARN } });
    const startMs = clock.now();
    events.emit(event());
    await clock.advance(3_600_000);
    expect(invoked.map(({ atMs }) => atMs - startMs)).toEqual([0, 1000, 3000]);
    expect(dispatched).toMatchObject([
      {
        service: 'sqs',
        operation: 'SendMessage',
        input: {
          QueueUrl: expect.stringMatching(/\/000000000000\/dead$/),
          MessageBody: expect.stringContaining('"source":"runctl"'),
          MessageAttributes: { ERROR_CODE: { StringValue: 'TooManyRequestsException' } },
        },
      },
    ]);
  });

  it('that does not exist is not retried', async () => {
    const missing = () => {
      throw new AwsError('ResourceNotFoundException', 'no such function', { statusCode: 404 });
    };
    const { clock, events, invoked, dispatched, rule } = await start({}, [missing]);
    await rule({ DeadLetterConfig: { Arn: QUEUE_ARN } });
    events.emit(event());
    await clock.advance(3_600_000);
    expect([invoked.length, dispatched.length]).toEqual([1, 1]);
  });

  it.each([
    [
      `arn:aws:sns:${REGION}:${ACCOUNT_ID}:alerts`,
      'sns',
      'Publish',
      { TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT_ID}:alerts` },
    ],
    [QUEUE_ARN, 'sqs', 'SendMessage', { QueueUrl: expect.stringContaining('/dead') }],
    [
      `arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:job`,
      'states',
      'StartExecution',
      { stateMachineArn: expect.stringContaining('job') },
    ],
  ])('%s is called through its service', async (Arn, service, operation, input) => {
    const { clock, events, dispatched, rule } = await start();
    await rule({ Arn, RoleArn: `arn:aws:iam::${ACCOUNT_ID}:role/r` });
    events.emit(event());
    await clock.advance(0);
    expect(dispatched).toMatchObject([{ service, operation, input }]);
  });

  it('that is not supported is refused when it is put', async () => {
    const { rule } = await start();
    await expect(rule({ Arn: 'arn:aws:ecs:us-east-1:0:cluster/c' })).rejects.toMatchObject({
      name: 'LocalUnsupported',
    });
    await expect(rule({ SqsParameters: { MessageGroupId: 'g' } })).rejects.toMatchObject({ name: 'LocalUnsupported' });
  });
});

describe("a target's input", () => {
  it.each<[string, Partial<Target>, unknown]>([
    ['a constant', { Input: '{"a":1}' }, { a: 1 }],
    ['a part of the event', { InputPath: '$.detail' }, { sessionId: 's1', size: 5, text: 'say "hi"' }],
    [
      'a template of values',
      {
        InputTransformer: {
          InputPathsMap: {
            id: '$.detail.sessionId',
            size: '$.detail.size',
            detail: '$.detail',
            none: '$.detail.none',
            type: '$.detail-type',
          },
          InputTemplate:
            '{"id": <id>, "text": "session <id> of <size>", "size": <size>, "all": <detail>, "none": <none>, "type": "<type>"}',
        },
      },
      {
        id: 's1',
        text: 'session s1 of 5',
        size: 5,
        all: { sessionId: 's1', size: 5, text: 'say "hi"' },
        none: '',
        type: 'Stop Requested',
      },
    ],
    [
      'a text with quotes in it',
      {
        InputTransformer: {
          InputPathsMap: { t: '$.detail.text' },
          InputTemplate: '"They <t>, <aws.events.rule-name>"',
        },
      },
      'They say "hi", r',
    ],
  ])('is %s', async (_name, target, expected) => {
    const { clock, events, invoked, rule } = await start();
    await rule(target);
    events.emit(event({ sessionId: 's1', size: 5, text: 'say "hi"' }));
    await clock.advance(0);
    expect(invoked[0]?.payload).toEqual(expected);
  });
});

describe('a scheduled rule', () => {
  it('fires by the clock, without drifting, until it is disabled', async () => {
    const { clock, client, events, invoked, rule } = await start();
    await rule({}, { ScheduleExpression: 'rate(1 minute)' });
    const startMs = clock.now();
    await clock.advance(185_000);
    expect(invoked.map(({ atMs }) => atMs - startMs)).toEqual([60_000, 120_000, 180_000]);
    expect(invoked[0]?.payload).toMatchObject({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
    await client.send(new DisableRuleCommand({ Name: 'r' }));
    await clock.advance(600_000);
    expect(invoked).toHaveLength(3);
    await events.close();
    expect(clock.pending).toBe(0);
  });

  it('is refused with a wrong expression', async () => {
    const { rule } = await start();
    await expect(rule({}, { ScheduleExpression: 'rate(1 minutes)' })).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(rule({}, { EventPattern: '{"source":"x"}' })).rejects.toMatchObject({
      name: 'InvalidEventPatternException',
    });
  });
});

it('rules and their targets can be listed', async () => {
  const { client, rule } = await start();
  await rule({ InputPath: '$.detail' });
  expect((await client.send(new ListRulesCommand({ NamePrefix: 'r' }))).Rules).toMatchObject([
    { Name: 'r', State: 'ENABLED', EventPattern: '{"source":["runctl"]}', EventBusName: 'default' },
  ]);
  expect((await client.send(new ListTargetsByRuleCommand({ Rule: 'r' }))).Targets).toEqual([
    { Id: 't', Arn: FUNCTION_ARN, InputPath: '$.detail' },
  ]);
  await expect(client.send(new DescribeRuleCommand({ Name: 'none' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

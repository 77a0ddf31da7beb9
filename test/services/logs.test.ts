import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { compileFilterPattern } from '../../local/services/logs/filter-pattern';
import { createLogs, type Logs } from '../../local/services/logs/logs';
import { ACCOUNT_ID, clientOptions, REGION, startTestGateway, type TestGateway } from '../gateway/start-test-gateway';
import { ManualClock } from '../support/manual-clock';

let gateway: TestGateway;
let clock: ManualClock;
let logs: Logs;
let client: CloudWatchLogsClient;
const logGroupName = '/runctl/training';

beforeEach(async () => {
  clock = new ManualClock();
  logs = createLogs({ clock, region: REGION, accountId: ACCOUNT_ID });
  gateway = await startTestGateway({ services: [logs], clock });
  client = new CloudWatchLogsClient(clientOptions(gateway));
  await client.send(new CreateLogGroupCommand({ logGroupName }));
});
afterEach(() => gateway.close());

const filter = async (input: Partial<FilterLogEventsCommandInput> = {}) =>
  (await client.send(new FilterLogEventsCommand({ logGroupName, ...input }))).events ?? [];
const put = async (logStreamName: string, lines: [number, string][]) => {
  const logEvents = lines.map(([secondsAgo, message]) => ({ timestamp: clock.now() - secondsAgo * 1000, message }));
  await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName })).catch(() => undefined);
  await client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
};

describe('CloudWatch Logs', () => {
  it('finds events across streams, by time, prefix and text', async () => {
    await put('s1/node0', [
      [50, 'step=1 loss=2'],
      [30, 'ERROR out of memory'],
    ]);
    await put('s1/node1', [[40, 'step=1 loss=3']]);
    await put('s2/node0', [[20, 'step=9']]);
    const messages = async (input = {}) => (await filter(input)).map(({ message }) => message);
    expect(await messages()).toEqual(['step=1 loss=2', 'step=1 loss=3', 'ERROR out of memory', 'step=9']);
    expect(await messages({ logStreamNamePrefix: 's1/' })).toHaveLength(3);
    expect(await messages({ logStreamNames: ['s2/node0'] })).toEqual(['step=9']);
    expect(await messages({ startTime: clock.now() - 35_000, endTime: clock.now() - 20_000 })).toEqual([
      'ERROR out of memory',
    ]);
    expect(await messages({ filterPattern: 'step=1' })).toHaveLength(2);
  });

  it('pages, and can be followed by asking again from the last time', async () => {
    await put(
      'a',
      Array.from({ length: 7 }, (_, index) => [10, `line ${index}`]),
    );
    const seen: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await client.send(
        new FilterLogEventsCommand({ logGroupName, limit: 3, ...(nextToken && { nextToken }) }),
      );
      seen.push(...(page.events ?? []).map(({ message }) => message));
      nextToken = page.nextToken;
    } while (nextToken);
    expect(seen).toEqual(Array.from({ length: 7 }, (_, index) => `line ${index}`));
    const ids = (await filter()).map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(7);
    await put('a', [[0, 'new']]);
    const followed = await filter({ startTime: clock.now() - 10_000 });
    expect(followed.filter(({ eventId }) => !ids.includes(eventId)).map(({ message }) => message)).toEqual(['new']);
  });

  it('reads one stream from its end, or from its head and on', async () => {
    await put('a', [
      [3, 'one'],
      [2, 'two'],
      [1, 'three'],
    ]);
    const get = (input: object) =>
      client.send(new GetLogEventsCommand({ logGroupName, logStreamName: 'a', limit: 2, ...input }));
    const messagesOf = ({ events }: { events?: { message?: string | undefined }[] | undefined }) =>
      events?.map(({ message }) => message);
    const tail = await get({});
    expect(messagesOf(tail)).toEqual(['two', 'three']);
    expect(messagesOf(await get({ nextToken: tail.nextBackwardToken }))).toEqual(['one']);
    const head = await get({ startFromHead: true });
    expect(messagesOf(head)).toEqual(['one', 'two']);
    const next = await get({ nextToken: head.nextForwardToken });
    expect(messagesOf(next)).toEqual(['three']);
    const end = await get({ nextToken: next.nextForwardToken });
    expect(messagesOf(end)).toEqual([]);
    expect(end.nextForwardToken).toBe(next.nextForwardToken);
  });

  it('describes groups and streams, and forgets after the retention', async () => {
    await put('old', [[5, 'a']]);
    await put('new', [[1, 'b']]);
    await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }));
    const groups = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/runctl' }));
    expect(groups.logGroups).toMatchObject([{ logGroupName, retentionInDays: 1, storedBytes: 54 }]);
    const order = { logGroupName, orderBy: 'LastEventTime', descending: true } as const;
    const { logStreams } = await client.send(new DescribeLogStreamsCommand(order));
    expect(logStreams?.map(({ logStreamName }) => logStreamName)).toEqual(['new', 'old']);
    await clock.advance(2 * 86_400_000);
    await put('new', [[0, 'c']]);
    expect((await filter({ logStreamNames: ['new'] })).map(({ message }) => message)).toEqual(['c']);
  });

  it('is written to in process', () => {
    logs.write('/aws/lambda/plan-job', '2026/01/01/[1]', ['START', 'END']);
    expect(logs.messages('/aws/lambda/plan-job')).toEqual(['START', 'END']);
  });

  it('answers the errors that clients branch on', async () => {
    await expect(client.send(new CreateLogGroupCommand({ logGroupName }))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    const nowhere = new PutLogEventsCommand({
      logGroupName,
      logStreamName: 'none',
      logEvents: [{ timestamp: 1, message: 'm' }],
    });
    await expect(client.send(nowhere)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(
      put('b', [
        [1, 'later'],
        [2, 'earlier'],
      ]),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(filter({ filterPattern: '{ $.a = 1 }' })).rejects.toMatchObject({ name: 'LocalUnsupported' });
  });
});

describe('a filter pattern', () => {
  it.each([
    ['', 'anything', true],
    ['ERROR', 'an ERROR here', true],
    ['ERROR', 'an error here', false],
    ['ERROR memory', 'memory: ERROR', true],
    ['ERROR memory', 'ERROR', false],
    ['"out of memory"', 'CUDA out of memory!', true],
    ['"out of memory"', 'memory of out', false],
    ['ERROR -retry', 'ERROR, will retry', false],
    ['?ERROR ?WARN', 'WARN: slow', true],
    ['?ERROR ?WARN', 'INFO', false],
  ])('%s against %s', (pattern, message, expected) => {
    expect(compileFilterPattern(pattern)(message)).toBe(expected);
  });
});

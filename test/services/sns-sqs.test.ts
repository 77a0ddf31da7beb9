import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  ListTopicsCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createDispatch } from '../../local/gateway/dispatch';
import type { Dispatch } from '../../local/service';
import { createSns } from '../../local/services/sns/sns';
import { createSqs } from '../../local/services/sqs/sqs';
import {
  ACCOUNT_ID,
  clientOptions,
  countingIds,
  REGION,
  startTestGateway,
  type TestGateway,
} from '../gateway/start-test-gateway';
import { ManualClock } from '../support/manual-clock';

let gateway: TestGateway;
let clock: ManualClock;
let sns: SNSClient;
let sqs: SQSClient;
let dataDir: string;
let published: ReturnType<typeof createSns>['published'];
const invoked: unknown[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  dataDir = mkdtempSync(join(tmpdir(), 'sns-test-'));
  invoked.length = 0;
  const common = { clock, newId: countingIds(), region: REGION, accountId: ACCOUNT_ID };
  let dispatch: Dispatch | undefined;
  const queues = createSqs({ ...common, endpoint: () => gateway.endpoint });
  const topics = createSns({
    ...common,
    dataDir,
    dispatch: (...call) => dispatch?.(...call) ?? Promise.reject(new Error('too early')),
    invokeAsync: (name, payload) => void invoked.push({ name, payload }),
    log: () => undefined,
  });
  dispatch = createDispatch([queues, topics], () => {});
  published = topics.published;
  gateway = await startTestGateway({ services: [queues, topics], clock });
  sns = new SNSClient(clientOptions(gateway));
  sqs = new SQSClient(clientOptions(gateway));
});
afterEach(() => gateway.close());

const createTopic = async () => (await sns.send(new CreateTopicCommand({ Name: 'alerts' }))).TopicArn ?? '';
const createQueue = async (Attributes = {}) =>
  (await sqs.send(new CreateQueueCommand({ QueueName: 'inbox', Attributes }))).QueueUrl ?? '';
const QUEUE_ARN = `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:inbox`;
const receive = async (QueueUrl: string, more: object = {}) =>
  (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }))).Messages ?? [];

describe('SNS', () => {
  it('writes e-mails into the outbox', async () => {
    const TopicArn = await createTopic();
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'ana@example.org' }));
    await sns.send(new PublishCommand({ TopicArn, Subject: 'Training finished', Message: 'accuracy 0.97\n' }));
    const expected = {
      topicArn: TopicArn,
      subject: 'Training finished',
      message: 'accuracy 0.97\n',
      emails: ['ana@example.org'],
      publishedAt: '2026-01-01T00:00:00.000Z',
    };
    expect(published()).toMatchObject([expected]);
    const files = readdirSync(join(dataDir, 'outbox'));
    expect(files).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(dataDir, 'outbox', files[0] ?? ''), 'utf8'))).toMatchObject(expected);
  });

  it('invokes functions and fills queues, with its envelope or raw', async () => {
    const TopicArn = await createTopic();
    const QueueUrl = await createQueue();
    const FunctionArn = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:notify-slack`;
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'lambda', Endpoint: FunctionArn }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: QUEUE_ARN }));
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'budget' } };
    const { MessageId } = await sns.send(
      new PublishCommand({ TopicArn, Subject: 's', Message: 'm', MessageAttributes }),
    );
    await clock.advance(0);
    expect(invoked).toMatchObject([
      {
        name: FunctionArn,
        payload: {
          Records: [
            {
              EventSource: 'aws:sns',
              Sns: {
                MessageId,
                TopicArn,
                Subject: 's',
                Message: 'm',
                MessageAttributes: { kind: { Type: 'String', Value: 'budget' } },
              },
            },
          ],
        },
      },
    ]);
    const [message] = await receive(QueueUrl);
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      Type: 'Notification',
      MessageId,
      Subject: 's',
      Message: 'm',
    });
  });

  it.each([
    ['attributes', { FilterPolicy: '{"kind":["budget",{"prefix":"stop"}],"usd":[{"numeric":[">=",10]}]}' }],
    ['the body', { FilterPolicy: '{"kind":["budget"]}', FilterPolicyScope: 'MessageBody' }],
  ])('lets through what a filter policy on %s matches', async (_name, filter) => {
    const TopicArn = await createTopic();
    const QueueUrl = await createQueue();
    const Attributes = { ...filter, RawMessageDelivery: 'true' };
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: QUEUE_ARN, Attributes }));
    const publish = (kind: string, usd: string) =>
      sns.send(
        new PublishCommand({
          TopicArn,
          Message: JSON.stringify({ kind, usd }),
          MessageAttributes: {
            kind: { DataType: 'String', StringValue: kind },
            usd: { DataType: 'Number', StringValue: usd },
          },
        }),
      );
    await publish('budget', '12');
    await publish('finished', '12');
    await clock.advance(0);
    const messages = await receive(QueueUrl, { MessageAttributeNames: ['All'] });
    expect(messages.map(({ Body }) => Body)).toEqual(['{"kind":"budget","usd":"12"}']);
    expect(messages[0]?.MessageAttributes).toMatchObject({ usd: { DataType: 'Number', StringValue: '12' } });
  });

  it('posts to HTTP endpoints, again when they fail', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (body) => bodies.push(body));
      request.on('end', () => response.writeHead(bodies.length === 1 ? 500 : 200).end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const TopicArn = await createTopic();
    const Endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint }));
    await sns.send(new PublishCommand({ TopicArn, Message: 'hello' }));
    await clock.advance(0);
    while (bodies.length < 2) await clock.advance(1000);
    expect(bodies.map((body) => JSON.parse(body).Message)).toEqual(['hello', 'hello']);
    server.closeAllConnections();
    server.close();
  });

  it('lists topics and subscriptions, and forgets them', async () => {
    const TopicArn = await createTopic();
    expect(await createTopic()).toBe(TopicArn);
    expect((await sns.send(new ListTopicsCommand({}))).Topics).toEqual([{ TopicArn }]);
    const subscribe = new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'a@b.c' });
    const { SubscriptionArn } = await sns.send(subscribe);
    const listed = [{ SubscriptionArn, Owner: ACCOUNT_ID, Protocol: 'email', Endpoint: 'a@b.c', TopicArn }];
    expect((await sns.send(new ListSubscriptionsCommand({}))).Subscriptions).toEqual(listed);
    expect((await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions).toEqual(listed);
    const { Attributes } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
    expect(Attributes).toMatchObject({ Endpoint: 'a@b.c', PendingConfirmation: 'false' });
    await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    expect((await sns.send(new ListSubscriptionsCommand({}))).Subscriptions).toEqual([]);
  });

  it('refuses wrong messages and what is not supported', async () => {
    const TopicArn = await createTopic();
    const publish = (input: object) => sns.send(new PublishCommand({ TopicArn, Message: 'm', ...input }));
    await expect(publish({ TopicArn: `${TopicArn}x` })).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(publish({ Subject: 'two\nlines' })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(publish({ Subject: 'x'.repeat(101) })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(publish({ PhoneNumber: '+1' })).rejects.toMatchObject({ name: 'LocalUnsupported' });
    const sms = new SubscribeCommand({ TopicArn, Protocol: 'sms', Endpoint: '+1' });
    await expect(sns.send(sms)).rejects.toMatchObject({ name: 'LocalUnsupported' });
  });
});

describe('SQS', () => {
  it('hides a received message until its time is over or it is deleted', async () => {
    const QueueUrl = await createQueue({ VisibilityTimeout: '20' });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one' }));
    const [first] = await receive(QueueUrl, { AttributeNames: ['ApproximateReceiveCount'] });
    expect(first).toMatchObject({ Body: 'one', Attributes: { ApproximateReceiveCount: '1' } });
    expect(await receive(QueueUrl)).toEqual([]);
    await clock.advance(20_000);
    const [again] = await receive(QueueUrl);
    expect(again?.Body).toBe('one');
    await sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: again?.ReceiptHandle, VisibilityTimeout: 0 }),
    );
    const [last] = await receive(QueueUrl);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: last?.ReceiptHandle }));
    await clock.advance(60_000);
    expect(await receive(QueueUrl)).toEqual([]);
  });

  it('wakes who waits as soon as a message comes', async () => {
    const QueueUrl = await createQueue();
    const waiting = receive(QueueUrl, { WaitTimeSeconds: 20 });
    const empty = receive(QueueUrl, { WaitTimeSeconds: 1 });
    while (clock.pending < 2) await clock.settle();
    await clock.advance(1000);
    expect(await empty).toEqual([]);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'at last' }));
    expect((await waiting)[0]?.Body).toBe('at last');
    expect(clock.pending).toBe(0);
  });

  it('tells of itself', async () => {
    const QueueUrl = await createQueue();
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: 'inbox' }))).QueueUrl).toBe(QueueUrl);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'y', DelaySeconds: 5 }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({
      QueueArn: QUEUE_ARN,
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesDelayed: '1',
    });
  });

  it('refuses FIFO queues and redrive', async () => {
    const create = (input: object) => sqs.send(new CreateQueueCommand({ QueueName: 'q', ...input }));
    await expect(create({ QueueName: 'q.fifo' })).rejects.toMatchObject({ name: 'LocalUnsupported' });
    await expect(create({ Attributes: { RedrivePolicy: '{}' } })).rejects.toMatchObject({ name: 'LocalUnsupported' });
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'none' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
  });
});

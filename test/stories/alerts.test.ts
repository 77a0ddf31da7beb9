/** Alerts on their way to people, by mail and in Slack, on a stack with these settings. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { assemble } from '../lib/support/synthesize';
import { World } from './support/world';

const SECRET_PATH = '/services/T000/B000/s3cr3t-of-the-channel';
const PARAMETER = '/alerts/slack';

/** Answers what it is told to. */
class Channel {
  answer = 200;
  readonly posts: { path: string; text: string }[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        this.posts.push({ path: request.url ?? '', text: (JSON.parse(body) as { text: string }).text });
        response.writeHead(this.answer).end('answered');
      });
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${SECRET_PATH}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const channel = new Channel();
const assemblyDir = mkdtempSync(join(tmpdir(), 'runctl-alerts-'));
let world: World;
let config: ConstructorParameters<typeof SNSClient>[0] & object;

beforeAll(async () => {
  assemble(assemblyDir, { alertEmail: 'ana@example.com', slackWebhookParameter: PARAMETER });
  world = await World.start({ speed: 10, cloud: { assemblyDir } });
  const { endpoint, region } = world.cloud;
  config = { endpoint, region, credentials: { accessKeyId: 'story', secretAccessKey: 'story' } };
  const Value = await channel.open();
  await new SSMClient(config).send(new PutParameterCommand({ Name: PARAMETER, Type: 'SecureString', Value }));
});
afterAll(async () => {
  channel.close();
  await world?.close();
  rmSync(assemblyDir, { recursive: true, force: true });
});

async function publish(subject: string, kind: string | null, message = 'A text.'): Promise<void> {
  const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
  await new SNSClient(config).send(
    new PublishCommand({
      TopicArn: world.cloud.topicArn,
      Subject: subject,
      Message: message,
      ...(kind === null ? {} : { MessageAttributes: { kind: attribute(kind), severity: attribute('info') } }),
    }),
  );
}

const postsOf = (subject: string) => channel.posts.filter(({ text }) => text.includes(subject));
const mailsOf = (subject: string) =>
  world.cloud
    .notifications()
    .filter((each) => each.subject === subject)
    .flatMap(({ emails }) => emails);

it('reach mail and channel, alarms of CloudWatch included, but not what is quiet by default', async () => {
  channel.answer = 200;
  const quiet = world.newName('went-on');
  const ended = world.newName('has-ended');
  const AlarmName = world.newName('dead-letters');
  await publish(quiet, 'session-resumed');
  await publish(ended, 'session-finished');
  const alarm = { AlarmName, NewStateValue: 'ALARM', NewStateReason: 'One message.' };
  await publish(`ALARM: ${AlarmName}`, null, JSON.stringify(alarm));
  await world.until('both are in the channel', async () => postsOf(ended).length + postsOf(AlarmName).length === 2);
  expect(postsOf(ended)).toEqual([{ path: SECRET_PATH, text: `🟢 ${ended}` }]);
  expect(postsOf(quiet)).toEqual([]);
  expect(mailsOf(ended)).toEqual(['ana@example.com']);
  expect(mailsOf(`ALARM: ${AlarmName}`)).toEqual(['ana@example.com']);
  expect(mailsOf(quiet)).toEqual([]);
});

it('that the channel does not take are tried again, then lie in the dead-letter queue; the address is in no log', async () => {
  channel.answer = 500;
  const refused = world.newName('refused-by-the-channel');
  const taken = world.newName('taken-again');
  await publish(refused, 'budget');
  const sqs = new SQSClient(config);
  const { QueueUrls } = await sqs.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls?.find((url) => /DeadLetters/i.test(url));
  const dead = await world.until('the event is in the dead-letter queue', async () => {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'] }));
    return Messages?.find(({ Body }) => Body?.includes(refused));
  });
  expect(dead.MessageAttributes?.['ErrorMessage']?.StringValue).toContain('The webhook took no message');
  // Four posts in each of three invocations.
  expect(postsOf(refused)).toHaveLength(12);
  expect(JSON.stringify(dead)).not.toContain('s3cr3t');

  const logs = new CloudWatchLogsClient(config);
  const logGroupName = [...world.cloud.stack.resources].find(([id]) => /NotifySlackLogs/.test(id))?.[1].ref;
  const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
  const lines = (events ?? []).map(({ message }) => message ?? '').join('\n');
  expect(lines).toContain('Invocation failed');
  expect(lines).toContain('InvocationFailures');
  expect(lines).not.toContain('s3cr3t');

  channel.answer = 200;
  await publish(taken, 'budget');
  await world.until('the channel takes it', async () => postsOf(taken).length === 1);
});

/**
 * SNS. E-mails are not sent: every message is written to `<dataDir>/outbox/`, with the addresses it would have gone to.
 * Subscriptions count as confirmed at once. No FIFO topics, SMS or mobile push.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  CreateTopicInput,
  GetTopicAttributesInput,
  ListSubscriptionsByTopicInput,
  PublishInput,
  SetSubscriptionAttributesInput,
  SubscribeInput,
} from '@aws-sdk/client-sns';
import type { Clock } from '../../clock';
import { AwsError, type Dispatch, type InvokeFunction, LocalUnsupported, type Service } from '../../service';
import { createInvokeAsync } from '../invoke-async';
import { supporting } from '../supporting';
import { deliverToSubscription, type PublishedMessage } from './notifications';
import { parseSubscription, type Subscription } from './subscription';

export interface SnsOptions {
  clock: Clock;
  newId: () => string;
  region: string;
  accountId: string;
  /** The outbox is under it; without one, only `published()` tells. */
  dataDir?: string;
  dispatch: Dispatch;
  invokeFunction: InvokeFunction;
  log: (line: string) => void;
}

export interface Sns extends Service {
  /** Every message so far, in order. */
  published(): readonly PublishedMessage[];
}

interface Topic {
  arn: string;
  attributes: Record<string, string | undefined>;
  subscriptions: Map<string, Subscription>;
}

const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_SUBJECT_LENGTH = 100;
/** Topic settings that change nothing in one process. */
const TOPIC_ATTRIBUTES = new Set(['DisplayName', 'Policy', 'KmsMasterKeyId', 'SignatureVersion', 'TracingConfig']);

export function createSns(options: SnsOptions): Sns {
  const { clock, newId, region, accountId } = options;
  const topics = new Map<string, Topic>();
  const published: PublishedMessage[] = [];
  const invokeAsync = createInvokeAsync(options);
  const op = supporting('sns');
  const find = (arn: string | undefined): Topic => topics.get(arn ?? '') ?? notFound('Topic does not exist');
  const findSubscription = (arn: string | undefined): Subscription => {
    for (const topic of topics.values()) {
      const subscription = topic.subscriptions.get(arn ?? '');
      if (subscription) return subscription;
    }
    return notFound('Subscription does not exist');
  };

  const publish = (input: PublishInput): PublishedMessage => {
    const topic = find(input.TopicArn ?? input.TargetArn);
    checkMessage(input);
    const message: PublishedMessage = {
      messageId: newId(),
      topicArn: topic.arn,
      message: input.Message ?? '',
      isPerProtocol: input.MessageStructure === 'json',
      attributes: input.MessageAttributes ?? {},
      publishedAt: new Date(clock.now()).toISOString(),
      emails: [],
      ...(input.Subject !== undefined && { subject: input.Subject }),
    };
    for (const subscription of topic.subscriptions.values()) {
      if (!subscription.accepts(message)) continue;
      if (subscription.protocol.startsWith('email')) message.emails.push(subscription.endpoint);
      else clock.schedule(0, () => void deliverToSubscription({ ...options, invokeAsync }, subscription, message));
    }
    published.push(message);
    if (options.dataDir !== undefined) writeToOutbox(options.dataDir, published.length, message);
    return message;
  };

  return {
    id: 'sns',
    published: () => published,
    operations: {
      CreateTopic: op('Name Attributes Tags', async ({ Name: name = '', Attributes = {} }: CreateTopicInput) => {
        if (!/^[\w-]{1,256}$/.test(name)) return invalid('Invalid parameter: Topic Name');
        refuseAttributes(Attributes, TOPIC_ATTRIBUTES);
        const arn = `arn:aws:sns:${region}:${accountId}:${name}`;
        if (!topics.has(arn)) topics.set(arn, { arn, attributes: Attributes, subscriptions: new Map() });
        return { TopicArn: arn };
      }),
      DeleteTopic: op('TopicArn', async ({ TopicArn }) => {
        topics.delete(TopicArn);
        return {};
      }),
      ListTopics: op('NextToken', async () => ({ Topics: [...topics.keys()].map((TopicArn) => ({ TopicArn })) })),
      GetTopicAttributes: op('TopicArn', async ({ TopicArn }: GetTopicAttributesInput) => {
        const topic = find(TopicArn);
        const SubscriptionsConfirmed = String(topic.subscriptions.size);
        return { Attributes: { ...topic.attributes, TopicArn: topic.arn, Owner: accountId, SubscriptionsConfirmed } };
      }),
      Subscribe: op('TopicArn Protocol Endpoint Attributes ReturnSubscriptionArn', async (input: SubscribeInput) => {
        const topic = find(input.TopicArn);
        const same = [...topic.subscriptions.values()].find(
          ({ protocol, endpoint }) => protocol === input.Protocol && endpoint === input.Endpoint,
        );
        if (same) return { SubscriptionArn: same.arn };
        const subscription = parseSubscription(`${topic.arn}:${newId()}`, input);
        topic.subscriptions.set(subscription.arn, subscription);
        return { SubscriptionArn: subscription.arn };
      }),
      Unsubscribe: op('SubscriptionArn', async ({ SubscriptionArn }) => {
        for (const topic of topics.values()) topic.subscriptions.delete(SubscriptionArn);
        return {};
      }),
      ListSubscriptions: op('NextToken', async () => ({
        Subscriptions: [...topics.values()].flatMap((topic) => describeSubscriptions(topic, accountId)),
      })),
      ListSubscriptionsByTopic: op('TopicArn NextToken', async ({ TopicArn }: ListSubscriptionsByTopicInput) => ({
        Subscriptions: describeSubscriptions(find(TopicArn), accountId),
      })),
      GetSubscriptionAttributes: op('SubscriptionArn', async ({ SubscriptionArn }) => {
        const { arn, topicArn, protocol, endpoint, attributes } = findSubscription(SubscriptionArn);
        const own = {
          SubscriptionArn: arn,
          TopicArn: topicArn,
          Protocol: protocol,
          Endpoint: endpoint,
          Owner: accountId,
        };
        return { Attributes: { ...attributes, ...own, PendingConfirmation: 'false' } };
      }),
      SetSubscriptionAttributes: op(
        'SubscriptionArn AttributeName AttributeValue',
        async ({ SubscriptionArn, AttributeName = '', AttributeValue = '' }: SetSubscriptionAttributesInput) => {
          const old = findSubscription(SubscriptionArn);
          const { arn, topicArn: TopicArn, protocol: Protocol, endpoint: Endpoint } = old;
          const Attributes: Record<string, string> = { ...old.attributes, [AttributeName]: AttributeValue };
          find(TopicArn).subscriptions.set(arn, parseSubscription(arn, { TopicArn, Protocol, Endpoint, Attributes }));
          return {};
        },
      ),
      Publish: op(
        'TopicArn TargetArn Message Subject MessageStructure MessageAttributes',
        async (input: PublishInput) => ({
          MessageId: publish(input).messageId,
        }),
      ),
    },
  };
}

/** @throws AwsError InvalidParameterException. */
function checkMessage({ Message = '', Subject, MessageStructure }: PublishInput): void {
  if (Message === '') invalid('Invalid parameter: Empty message');
  if (Buffer.byteLength(Message) > MAX_MESSAGE_BYTES) invalid('Invalid parameter: Message too long');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SNS refuses exactly these in subjects
  if (Subject !== undefined && (Subject.length > MAX_SUBJECT_LENGTH || /^$|[\x00-\x1f\x7f]/.test(Subject))) {
    invalid('Invalid parameter: Subject');
  }
  if (MessageStructure !== undefined && MessageStructure !== 'json') invalid('Invalid parameter: MessageStructure');
}

function describeSubscriptions(topic: Topic, accountId: string): object[] {
  return [...topic.subscriptions.values()].map(({ arn, protocol, endpoint }) => ({
    SubscriptionArn: arn,
    Owner: accountId,
    Protocol: protocol,
    Endpoint: endpoint,
    TopicArn: topic.arn,
  }));
}

/** Named so that a folder lists them in order. */
function writeToOutbox(dataDir: string, number: number, message: PublishedMessage): void {
  const dir = join(dataDir, 'outbox');
  mkdirSync(dir, { recursive: true });
  const name = `${message.publishedAt.replace(/[:.]/g, '-')}-${String(number).padStart(5, '0')}.json`;
  writeFileSync(join(dir, name), `${JSON.stringify(message, null, 2)}\n`);
}

function refuseAttributes(attributes: object, known: ReadonlySet<string>): void {
  const unknown = Object.keys(attributes).find((name) => !known.has(name));
  if (unknown) throw new LocalUnsupported('sns', `the topic attribute ${unknown}`);
}

function notFound(message: string): never {
  throw new AwsError('NotFoundException', message, { statusCode: 404 });
}

function invalid(message: string): never {
  throw new AwsError('InvalidParameterException', message);
}

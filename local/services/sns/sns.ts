/**
 * SNS. E-mails are not sent: every message is written to `<dataDir>/outbox/`, with the addresses it would have gone to.
 * Subscriptions count as confirmed at once. No FIFO topics, SMS or mobile push.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishInput } from '@aws-sdk/client-sns';
import type { Clock } from '../../clock';
import { AwsError, type Dispatch, type InvokeAsync, type Service } from '../../service';
import { supporting } from '../supporting';
import { deliverToSubscription } from './notifications';
import type { PublishedMessage } from './published-message';
import { Topics } from './topics';

export interface SnsOptions {
  clock: Clock;
  newId: () => string;
  region: string;
  accountId: string;
  /** The outbox is under it; without one, only `published()` tells. */
  dataDir?: string;
  dispatch: Dispatch;
  invokeAsync: InvokeAsync;
  log: (line: string) => void;
}

export interface Sns extends Service {
  /** Every message so far, in order. */
  published(): readonly PublishedMessage[];
}

const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_SUBJECT_LENGTH = 100;

export function createSns(options: SnsOptions): Sns {
  const { clock, newId } = options;
  const topics = new Topics(options);
  const published: PublishedMessage[] = [];

  const publish = (input: PublishInput): PublishedMessage => {
    const topic = topics.find(input.TopicArn ?? input.TargetArn);
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
      else clock.schedule(0, () => void deliverToSubscription(options, subscription, message));
    }
    published.push(message);
    if (options.dataDir !== undefined) writeToOutbox(options.dataDir, published.length, message);
    return message;
  };

  const fields = 'TopicArn TargetArn Message Subject MessageStructure MessageAttributes';
  return {
    id: 'sns',
    published: () => published,
    operations: {
      ...topics.operations,
      Publish: supporting('sns')(fields, async (input: PublishInput) => ({ MessageId: publish(input).messageId })),
    },
  };
}

/** @throws AwsError InvalidParameterException. */
function checkMessage({ Message = '', Subject, MessageStructure }: PublishInput): void {
  if (Message === '') refuse('Empty message');
  if (Buffer.byteLength(Message) > MAX_MESSAGE_BYTES) refuse('Message too long');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SNS refuses exactly these in subjects
  if (Subject !== undefined && (Subject.length > MAX_SUBJECT_LENGTH || /^$|[\x00-\x1f\x7f]/.test(Subject))) {
    refuse('Subject');
  }
  if (MessageStructure !== undefined && (MessageStructure !== 'json' || !hasDefaultText(Message))) {
    refuse('MessageStructure - no default entry in JSON message body');
  }
}

function hasDefaultText(message: string): boolean {
  try {
    return typeof JSON.parse(message)?.default === 'string';
  } catch {
    return false;
  }
}

/** Named so that a folder lists them in order. */
function writeToOutbox(dataDir: string, number: number, message: PublishedMessage): void {
  const dir = join(dataDir, 'outbox');
  mkdirSync(dir, { recursive: true });
  const name = `${message.publishedAt.replace(/[:.]/g, '-')}-${String(number).padStart(5, '0')}.json`;
  writeFileSync(join(dir, name), `${JSON.stringify(message, null, 2)}\n`);
}

function refuse(parameter: string): never {
  throw new AwsError('InvalidParameterException', `Invalid parameter: ${parameter}`);
}

import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import { type Clock, sleep } from '../../clock';
import { type CallContext, type Dispatch, type InvokeAsync, serviceCaller } from '../../service';
import { queueUrlOfArn } from '../sqs/queue-names';
import type { PublishedMessage } from './published-message';
import type { Subscription } from './subscription';

interface NotificationOptions {
  clock: Clock;
  newId: () => string;
  region: string;
  accountId: string;
  dispatch: Dispatch;
  invokeAsync: InvokeAsync;
  log: (line: string) => void;
}

/** Between tries of an endpoint that does not take a message: SNS's first, immediate phase, a little apart. */
const RETRY_DELAYS_MS = [1000, 1000, 20_000];

/** Never throws: what cannot be delivered is logged. */
export async function deliverToSubscription(
  options: NotificationOptions,
  subscription: Subscription,
  message: PublishedMessage,
): Promise<void> {
  for (const delayMs of [...RETRY_DELAYS_MS, undefined]) {
    try {
      return await send(options, subscription, message);
    } catch (error) {
      options.log(`sns: ${subscription.endpoint} did not take ${message.messageId}: ${error}`);
      if (delayMs !== undefined) await sleep(options.clock, delayMs);
    }
  }
}

async function send(
  options: NotificationOptions,
  subscription: Subscription,
  message: PublishedMessage,
): Promise<void> {
  const { protocol, endpoint, isRaw } = subscription;
  const text = textFor(protocol, message);
  const envelope = notification(subscription, message, text);
  if (protocol === 'lambda')
    return options.invokeAsync(
      endpoint,
      { Records: [lambdaRecord(subscription, message, text)] },
      snsContext(options, message).caller,
    );
  const body = isRaw ? text : JSON.stringify(envelope);
  if (protocol !== 'sqs') return post(subscription, message, body);
  const MessageAttributes = isRaw ? message.attributes : {};
  await options.dispatch(
    'sqs',
    'SendMessage',
    { QueueUrl: queueUrlOfArn(endpoint), MessageBody: body, MessageAttributes },
    snsContext(options, message),
  );
}

async function post(subscription: Subscription, message: PublishedMessage, body: string): Promise<void> {
  const response = await fetch(subscription.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': message.messageId,
      'x-amz-sns-topic-arn': message.topicArn,
      'x-amz-sns-subscription-arn': subscription.arn,
    },
    body,
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}

function textFor(protocol: string, { message, isPerProtocol }: PublishedMessage): string {
  if (!isPerProtocol) return message;
  const texts = JSON.parse(message) as Record<string, string>;
  return texts[protocol] ?? texts['default'] ?? '';
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html; signatures are not made here. */
function notification(subscription: Subscription, message: PublishedMessage, text: string): object {
  const { subject, attributes } = message;
  return {
    Type: 'Notification',
    MessageId: message.messageId,
    TopicArn: message.topicArn,
    ...(subject !== undefined && { Subject: subject }),
    Message: text,
    Timestamp: message.publishedAt,
    SignatureVersion: '1',
    Signature: 'local',
    SigningCertURL: 'local',
    UnsubscribeURL: subscription.arn,
    ...(Object.keys(attributes).length > 0 && { MessageAttributes: typedValues(attributes) }),
  };
}

function lambdaRecord(subscription: Subscription, message: PublishedMessage, text: string): object {
  return {
    EventVersion: '1.0',
    EventSubscriptionArn: subscription.arn,
    EventSource: 'aws:sns',
    Sns: {
      Type: 'Notification',
      MessageId: message.messageId,
      TopicArn: message.topicArn,
      Subject: message.subject ?? null,
      Message: text,
      Timestamp: message.publishedAt,
      SignatureVersion: '1',
      Signature: 'local',
      SigningCertUrl: 'local',
      UnsubscribeUrl: subscription.arn,
      MessageAttributes: typedValues(message.attributes),
    },
  };
}

function typedValues(attributes: Record<string, MessageAttributeValue>): object {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { Type: DataType, Value: BinaryValue ? Buffer.from(BinaryValue).toString('base64') : StringValue },
    ]),
  );
}

function snsContext({ accountId, region, newId }: NotificationOptions, { topicArn }: PublishedMessage): CallContext {
  const caller = serviceCaller('sns.amazonaws.com', accountId, topicArn);
  return { caller, accountId, region, requestId: newId() };
}

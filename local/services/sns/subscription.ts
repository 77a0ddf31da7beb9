import type { MessageAttributeValue, SubscribeInput } from '@aws-sdk/client-sns';
import { AwsError, LocalUnsupported } from '../../service';
import { compileEventPattern } from '../events/event-pattern';
import type { PublishedMessage } from './published-message';

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly attributes: Record<string, string>;
  /** The message alone, without SNS's envelope. */
  readonly isRaw: boolean;
  /** Whether the filter policy lets the message through. */
  accepts(message: PublishedMessage): boolean;
}

const PROTOCOLS = new Set(['email', 'email-json', 'http', 'https', 'sqs', 'lambda']);
const ATTRIBUTES = new Set(['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery']);

/** @throws AwsError InvalidParameterException, LocalUnsupported. */
export function parseSubscription(arn: string, input: SubscribeInput): Subscription {
  const { TopicArn = '', Protocol: protocol = '', Endpoint: endpoint = '', Attributes: attributes = {} } = input;
  if (!PROTOCOLS.has(protocol)) throw new LocalUnsupported('sns', `the protocol ${protocol}`);
  const unknown = Object.keys(attributes).find((name) => !ATTRIBUTES.has(name));
  if (unknown) throw new LocalUnsupported('sns', `the subscription attribute ${unknown}`);
  if (endpoint === '') throw new AwsError('InvalidParameterException', 'Invalid parameter: Endpoint');
  return {
    arn,
    topicArn: TopicArn,
    protocol,
    endpoint,
    attributes,
    isRaw: attributes['RawMessageDelivery'] === 'true',
    accepts: compileFilter(attributes['FilterPolicy'], attributes['FilterPolicyScope']),
  };
}

/** Filter policies have the operators of event patterns. https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html */
function compileFilter(policy: string | undefined, scope = 'MessageAttributes'): Subscription['accepts'] {
  if (!policy || policy.trim() === '{}') return () => true;
  const matches = compileFilterPolicy(policy);
  if (scope === 'MessageBody') return ({ message }) => matches(parseJson(message));
  return ({ attributes }) =>
    matches(Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, attributeValue(value)])));
}

function compileFilterPolicy(policy: string): (value: unknown) => boolean {
  try {
    return compileEventPattern(policy);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*Reason: /, '') : String(error);
    throw new AwsError('InvalidParameterException', `Invalid parameter: FilterPolicy: ${reason}`);
  }
}

function attributeValue({ DataType = '', StringValue }: MessageAttributeValue): unknown {
  if (DataType.startsWith('Number')) return Number(StringValue);
  return DataType.startsWith('String.Array') ? parseJson(StringValue ?? '') : StringValue;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

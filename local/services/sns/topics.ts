import type {
  CreateTopicInput,
  GetTopicAttributesInput,
  ListSubscriptionsByTopicInput,
  SetSubscriptionAttributesInput,
  SubscribeInput,
} from '@aws-sdk/client-sns';
import { AwsError, LocalUnsupported, type Operation } from '../../service';
import { supporting } from '../supporting';
import { parseSubscription, type Subscription } from './subscription';

export interface Topic {
  readonly arn: string;
  readonly attributes: Record<string, string | undefined>;
  readonly subscriptions: Map<string, Subscription>;
}

/** Topic settings that change nothing in one process. */
const TOPIC_ATTRIBUTES = new Set(['DisplayName', 'Policy', 'KmsMasterKeyId', 'SignatureVersion', 'TracingConfig']);

/** Topics and who subscribed to them, in memory: the deployed template brings them at each start. */
export class Topics {
  readonly #topics = new Map<string, Topic>();

  constructor(private readonly options: { newId: () => string; region: string; accountId: string }) {}

  /** @throws AwsError NotFoundException. */
  find(arn: string | undefined): Topic {
    return this.#topics.get(arn ?? '') ?? notFound('Topic does not exist');
  }

  readonly operations: Readonly<Record<string, Operation>> = {
    ...this.#topicOperations(),
    ...this.#subscriptionOperations(),
  };

  #topicOperations(): Record<string, Operation> {
    const op = supporting('sns');
    return {
      CreateTopic: op('Name Attributes Tags', async (input: CreateTopicInput) => ({
        TopicArn: this.#create(input).arn,
      })),
      DeleteTopic: op('TopicArn', async ({ TopicArn }) => {
        this.#topics.delete(TopicArn);
        return {};
      }),
      ListTopics: op('NextToken', async () => ({ Topics: [...this.#topics.keys()].map((TopicArn) => ({ TopicArn })) })),
      GetTopicAttributes: op('TopicArn', async ({ TopicArn }: GetTopicAttributesInput) => {
        const { arn, attributes, subscriptions } = this.find(TopicArn);
        const own = {
          TopicArn: arn,
          Owner: this.options.accountId,
          SubscriptionsConfirmed: String(subscriptions.size),
        };
        return { Attributes: { ...attributes, ...own } };
      }),
    };
  }

  #subscriptionOperations(): Record<string, Operation> {
    const op = supporting('sns');
    return {
      Subscribe: op('TopicArn Protocol Endpoint Attributes ReturnSubscriptionArn', async (input: SubscribeInput) => ({
        SubscriptionArn: this.#subscribe(input).arn,
      })),
      Unsubscribe: op('SubscriptionArn', async ({ SubscriptionArn }) => {
        for (const { subscriptions } of this.#topics.values()) subscriptions.delete(SubscriptionArn);
        return {};
      }),
      ListSubscriptions: op('NextToken', async () => ({
        Subscriptions: [...this.#topics.values()].flatMap((topic) => this.#describeSubscriptions(topic)),
      })),
      ListSubscriptionsByTopic: op('TopicArn NextToken', async ({ TopicArn }: ListSubscriptionsByTopicInput) => ({
        Subscriptions: this.#describeSubscriptions(this.find(TopicArn)),
      })),
      GetSubscriptionAttributes: op('SubscriptionArn', async ({ SubscriptionArn }) => {
        const subscription = this.#findSubscription(SubscriptionArn);
        const own = { ...this.#describeSubscription(subscription), PendingConfirmation: 'false' };
        return { Attributes: { ...subscription.attributes, ...own } };
      }),
      SetSubscriptionAttributes: op(
        'SubscriptionArn AttributeName AttributeValue',
        async ({ SubscriptionArn, AttributeName = '', AttributeValue = '' }: SetSubscriptionAttributesInput) => {
          const old = this.#findSubscription(SubscriptionArn);
          const { arn, topicArn: TopicArn, protocol: Protocol, endpoint: Endpoint } = old;
          const Attributes: Record<string, string> = { ...old.attributes, [AttributeName]: AttributeValue };
          const changed = parseSubscription(arn, { TopicArn, Protocol, Endpoint, Attributes });
          this.find(TopicArn).subscriptions.set(arn, changed);
          return {};
        },
      ),
    };
  }

  #create({ Name: name = '', Attributes: attributes = {} }: CreateTopicInput): Topic {
    if (!/^[\w-]{1,256}$/.test(name)) throw new AwsError('InvalidParameterException', 'Invalid parameter: Topic Name');
    const unknown = Object.keys(attributes).find((attribute) => !TOPIC_ATTRIBUTES.has(attribute));
    if (unknown) throw new LocalUnsupported('sns', `the topic attribute ${unknown}`);
    const arn = `arn:aws:sns:${this.options.region}:${this.options.accountId}:${name}`;
    const topic = this.#topics.get(arn) ?? { arn, attributes, subscriptions: new Map() };
    this.#topics.set(arn, topic);
    return topic;
  }

  /** Subscribing the same endpoint again gives the same subscription. */
  #subscribe(input: SubscribeInput): Subscription {
    const { arn, subscriptions } = this.find(input.TopicArn);
    const same = [...subscriptions.values()].find(
      ({ protocol, endpoint }) => protocol === input.Protocol && endpoint === input.Endpoint,
    );
    if (same) return same;
    const subscription = parseSubscription(`${arn}:${this.options.newId()}`, input);
    subscriptions.set(subscription.arn, subscription);
    return subscription;
  }

  #findSubscription(arn: string | undefined): Subscription {
    for (const { subscriptions } of this.#topics.values()) {
      const subscription = subscriptions.get(arn ?? '');
      if (subscription) return subscription;
    }
    return notFound('Subscription does not exist');
  }

  #describeSubscriptions({ subscriptions }: Topic): object[] {
    return [...subscriptions.values()].map((subscription) => this.#describeSubscription(subscription));
  }

  #describeSubscription({ arn, topicArn, protocol, endpoint }: Subscription): object {
    const Owner = this.options.accountId;
    return { SubscriptionArn: arn, Owner, Protocol: protocol, Endpoint: endpoint, TopicArn: topicArn };
  }
}

function notFound(message: string): never {
  throw new AwsError('NotFoundException', message, { statusCode: 404 });
}

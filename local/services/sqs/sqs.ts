/** SQS: standard queues in memory, with visibility, delays and long polling. No FIFO, no redrive. */
import type {
  CreateQueueRequest,
  GetQueueAttributesRequest,
  ReceiveMessageRequest,
  SendMessageRequest,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../../clock';
import { AwsError, LocalUnsupported, type Operation, type Service } from '../../service';
import { supporting } from '../supporting';
import { Queue } from './queue';
import { queueNameOfUrl } from './queue-names';

export interface SqsOptions {
  clock: Clock;
  newId: () => string;
  region: string;
  accountId: string;
  /** Where queue URLs point to; known once the gateway listens. */
  endpoint: () => string;
}

/** Settings that work here, or that change nothing in one process. */
const QUEUE_ATTRIBUTES = new Set(
  'VisibilityTimeout DelaySeconds ReceiveMessageWaitTimeSeconds MessageRetentionPeriod Policy SqsManagedSseEnabled KmsMasterKeyId'.split(
    ' ',
  ),
);

export function createSqs(options: SqsOptions): Service {
  const queues = new Queues(options);
  return {
    id: 'sqs',
    operations: { ...queueOperations(queues), ...messageOperations(queues) },
    close: async () => queues.close(),
  };
}

class Queues {
  readonly byName = new Map<string, Queue>();

  constructor(private readonly options: SqsOptions) {}

  urlOf(name: string): string {
    return `${this.options.endpoint()}/${this.options.accountId}/${name}`;
  }

  /** @throws AwsError QueueDoesNotExist. */
  find(name: string): Queue {
    const queue = this.byName.get(name);
    if (!queue) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  }

  /** @throws AwsError QueueDoesNotExist. */
  at(url: string | undefined): Queue {
    return this.find(queueNameOfUrl(url));
  }

  create({ QueueName: name = '', Attributes: attributes = {} }: CreateQueueRequest): { QueueUrl: string } {
    if (!/^[\w-]{1,80}$/.test(name)) throw new LocalUnsupported('sqs', `a queue named ${name}`);
    const unsupported = Object.keys(attributes).find((attribute) => !QUEUE_ATTRIBUTES.has(attribute));
    if (unsupported) throw new LocalUnsupported('sqs', `the queue attribute ${unsupported}`);
    const { clock, newId, region, accountId } = this.options;
    const arn = `arn:aws:sqs:${region}:${accountId}:${name}`;
    if (!this.byName.has(name)) this.byName.set(name, new Queue({ arn, clock, newId, attributes }));
    return { QueueUrl: this.urlOf(name) };
  }

  close(): void {
    for (const queue of this.byName.values()) queue.close();
  }
}

function queueOperations(queues: Queues): Record<string, Operation> {
  const op = supporting('sqs');
  return {
    CreateQueue: op('QueueName Attributes tags', async (input: CreateQueueRequest) => queues.create(input)),
    DeleteQueue: op('QueueUrl', async ({ QueueUrl }) => {
      queues.at(QueueUrl).close();
      queues.byName.delete(queueNameOfUrl(QueueUrl));
      return {};
    }),
    ListQueues: op('QueueNamePrefix MaxResults', async ({ QueueNamePrefix: prefix = '' }) => ({
      QueueUrls: [...queues.byName.keys()].filter((name) => name.startsWith(prefix)).map((name) => queues.urlOf(name)),
    })),
    GetQueueUrl: op('QueueName QueueOwnerAWSAccountId', async ({ QueueName = '' }) => {
      queues.find(QueueName);
      return { QueueUrl: queues.urlOf(QueueName) };
    }),
    GetQueueAttributes: op('QueueUrl AttributeNames', async (input: GetQueueAttributesRequest) => {
      const names: string[] = input.AttributeNames ?? [];
      const all = Object.entries(queues.at(input.QueueUrl).attributes());
      return { Attributes: Object.fromEntries(all.filter(([name]) => names.includes('All') || names.includes(name))) };
    }),
    PurgeQueue: op('QueueUrl', async ({ QueueUrl }) => {
      queues.at(QueueUrl).purge();
      return {};
    }),
  };
}

function messageOperations(queues: Queues): Record<string, Operation> {
  const op = supporting('sqs');
  return {
    SendMessage: op('QueueUrl MessageBody DelaySeconds MessageAttributes', async (input: SendMessageRequest) =>
      queues.at(input.QueueUrl).send(input),
    ),
    ReceiveMessage: op(
      'QueueUrl MaxNumberOfMessages VisibilityTimeout WaitTimeSeconds AttributeNames MessageSystemAttributeNames MessageAttributeNames',
      async (input: ReceiveMessageRequest) => {
        const messages = await queues.at(input.QueueUrl).receive(input);
        return messages.length > 0 ? { Messages: messages } : {};
      },
    ),
    DeleteMessage: op('QueueUrl ReceiptHandle', async ({ QueueUrl, ReceiptHandle }) => {
      queues.at(QueueUrl).delete(ReceiptHandle);
      return {};
    }),
    ChangeMessageVisibility: op('QueueUrl ReceiptHandle VisibilityTimeout', async (input) => {
      queues.at(input.QueueUrl).changeVisibility(input.ReceiptHandle, input.VisibilityTimeout);
      return {};
    }),
  };
}

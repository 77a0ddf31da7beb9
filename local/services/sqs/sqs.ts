/** SQS: standard queues in memory, with visibility, delays and long polling. No FIFO, no redrive. */
import type {
  CreateQueueRequest,
  GetQueueAttributesRequest,
  ReceiveMessageRequest,
  SendMessageRequest,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../../clock';
import { AwsError, LocalUnsupported, type Service } from '../../service';
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
  const { clock, newId, region, accountId } = options;
  const queues = new Map<string, Queue>();
  const op = supporting('sqs');
  const urlOf = (name: string) => `${options.endpoint()}/${accountId}/${name}`;
  const find = (url: string | undefined): Queue => findByName(queueNameOfUrl(url));
  const findByName = (name: string): Queue => {
    const queue = queues.get(name);
    if (!queue) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  };

  return {
    id: 'sqs',
    operations: {
      CreateQueue: op(
        'QueueName Attributes tags',
        async ({ QueueName: name = '', Attributes = {} }: CreateQueueRequest) => {
          if (!/^[\w-]{1,80}$/.test(name)) throw new LocalUnsupported('sqs', `a queue named ${name}`);
          const unsupported = Object.keys(Attributes).find((attribute) => !QUEUE_ATTRIBUTES.has(attribute));
          if (unsupported) throw new LocalUnsupported('sqs', `the queue attribute ${unsupported}`);
          const arn = `arn:aws:sqs:${region}:${accountId}:${name}`;
          if (!queues.has(name)) queues.set(name, new Queue({ arn, clock, newId, attributes: Attributes }));
          return { QueueUrl: urlOf(name) };
        },
      ),
      DeleteQueue: op('QueueUrl', async ({ QueueUrl }) => {
        find(QueueUrl).close();
        queues.delete(queueNameOfUrl(QueueUrl));
        return {};
      }),
      ListQueues: op('QueueNamePrefix MaxResults', async ({ QueueNamePrefix: prefix = '' }) => ({
        QueueUrls: [...queues.keys()].filter((name) => name.startsWith(prefix)).map(urlOf),
      })),
      GetQueueUrl: op('QueueName QueueOwnerAWSAccountId', async ({ QueueName = '' }) => {
        findByName(QueueName);
        return { QueueUrl: urlOf(QueueName) };
      }),
      GetQueueAttributes: op('QueueUrl AttributeNames', async (input: GetQueueAttributesRequest) => {
        const all = find(input.QueueUrl).attributes();
        const names: string[] = input.AttributeNames ?? [];
        return {
          Attributes: Object.fromEntries(
            Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name)),
          ),
        };
      }),
      SendMessage: op('QueueUrl MessageBody DelaySeconds MessageAttributes', async (input: SendMessageRequest) =>
        find(input.QueueUrl).send(input),
      ),
      ReceiveMessage: op(
        'QueueUrl MaxNumberOfMessages VisibilityTimeout WaitTimeSeconds AttributeNames MessageSystemAttributeNames MessageAttributeNames ReceiveRequestAttemptId',
        async (input: ReceiveMessageRequest) => {
          const messages = await find(input.QueueUrl).receive(input);
          return messages.length > 0 ? { Messages: messages } : {};
        },
      ),
      DeleteMessage: op('QueueUrl ReceiptHandle', async ({ QueueUrl, ReceiptHandle }) => {
        find(QueueUrl).delete(ReceiptHandle);
        return {};
      }),
      ChangeMessageVisibility: op('QueueUrl ReceiptHandle VisibilityTimeout', async (input) => {
        find(input.QueueUrl).changeVisibility(input.ReceiptHandle, input.VisibilityTimeout);
        return {};
      }),
      PurgeQueue: op('QueueUrl', async ({ QueueUrl }) => {
        find(QueueUrl).purge();
        return {};
      }),
    },
    close: async () => {
      for (const queue of queues.values()) queue.close();
    },
  };
}

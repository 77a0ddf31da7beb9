import { createHash } from 'node:crypto';
import type {
  Message,
  MessageAttributeValue,
  ReceiveMessageRequest,
  SendMessageRequest,
  SendMessageResult,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../../clock';
import { AwsError } from '../../service';

interface StoredMessage {
  id: string;
  body: string;
  attributes: Record<string, MessageAttributeValue>;
  sentMs: number;
  /** Received before, or delayed: nobody sees it until then. */
  visibleAtMs: number;
  receiptHandle: string;
  receives: number;
  firstReceivedMs: number;
}

const DEFAULTS = {
  VisibilityTimeout: '30',
  DelaySeconds: '0',
  ReceiveMessageWaitTimeSeconds: '0',
  MessageRetentionPeriod: '345600',
};
const MAX_BODY_BYTES = 1024 * 1024;

/** One standard queue: at least once, in no promised order. */
export class Queue {
  #messages: StoredMessage[] = [];
  #isClosed = false;
  readonly #waiting = new Set<() => void>();
  readonly #settings: Record<string, string>;
  readonly #createdMs: number;

  constructor(
    private readonly options: {
      arn: string;
      clock: Clock;
      newId: () => string;
      attributes: Record<string, string | undefined>;
    },
  ) {
    this.#settings = { ...DEFAULTS, ...(options.attributes as Record<string, string>) };
    this.#createdMs = options.clock.now();
  }

  attributes(): Record<string, string> {
    const now = this.options.clock.now();
    const visible = this.#messages.filter((message) => message.visibleAtMs <= now).length;
    const inFlight = this.#messages.filter((message) => message.visibleAtMs > now && message.receives > 0).length;
    return {
      ...this.#settings,
      QueueArn: this.options.arn,
      CreatedTimestamp: String(Math.floor(this.#createdMs / 1000)),
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(this.#messages.length - visible - inFlight),
    };
  }

  /** @throws AwsError InvalidParameterValue. */
  send({ MessageBody: body = '', DelaySeconds, MessageAttributes = {} }: SendMessageRequest): SendMessageResult {
    if (body === '' || Buffer.byteLength(body) > MAX_BODY_BYTES) {
      throw new AwsError('InvalidParameterValue', 'A message body has between 1 byte and 1 MiB.');
    }
    const delayMs = (DelaySeconds ?? this.#seconds('DelaySeconds')) * 1000;
    const now = this.options.clock.now();
    const id = this.options.newId();
    this.#messages.push({
      id,
      body,
      attributes: MessageAttributes,
      sentMs: now,
      visibleAtMs: now + delayMs,
      receiptHandle: '',
      receives: 0,
      firstReceivedMs: 0,
    });
    if (delayMs === 0) this.#wake();
    return { MessageId: id, MD5OfMessageBody: md5(body) };
  }

  /** Waits for a message as long as asked to (long polling). */
  async receive(request: ReceiveMessageRequest): Promise<Message[]> {
    const { clock } = this.options;
    const waitSeconds = request.WaitTimeSeconds ?? this.#seconds('ReceiveMessageWaitTimeSeconds');
    const untilMs = clock.now() + waitSeconds * 1000;
    for (;;) {
      const messages = this.#take(request);
      const remainingMs = untilMs - clock.now();
      if (messages.length > 0 || remainingMs <= 0 || this.#isClosed) return messages;
      await this.#nextChange(remainingMs);
    }
  }

  delete(receiptHandle: string): void {
    this.#messages = this.#messages.filter((message) => message.receiptHandle !== receiptHandle);
  }

  /** @throws AwsError ReceiptHandleIsInvalid. */
  changeVisibility(receiptHandle: string, timeoutSeconds: number): void {
    const message = this.#messages.find((candidate) => candidate.receiptHandle === receiptHandle);
    if (!message) throw new AwsError('ReceiptHandleIsInvalid', 'The receipt handle is not valid.');
    message.visibleAtMs = this.options.clock.now() + timeoutSeconds * 1000;
    if (timeoutSeconds === 0) this.#wake();
  }

  purge(): void {
    this.#messages = [];
  }

  /** Lets go of everyone who waits. */
  close(): void {
    this.#isClosed = true;
    this.purge();
    this.#wake();
  }

  #take(request: ReceiveMessageRequest): Message[] {
    const now = this.options.clock.now();
    const oldestMs = now - this.#seconds('MessageRetentionPeriod') * 1000;
    this.#messages = this.#messages.filter((message) => message.sentMs >= oldestMs);
    const hideMs = (request.VisibilityTimeout ?? this.#seconds('VisibilityTimeout')) * 1000;
    const taken = this.#messages
      .filter((message) => message.visibleAtMs <= now)
      .slice(0, request.MaxNumberOfMessages ?? 1);
    for (const message of taken) {
      message.visibleAtMs = now + hideMs;
      message.receiptHandle = this.options.newId();
      message.receives += 1;
      message.firstReceivedMs ||= now;
    }
    return taken.map((message) => describe(message, request));
  }

  /** Something was sent or given back, some delay or visibility ends, or the time is over. */
  async #nextChange(remainingMs: number): Promise<void> {
    const { clock } = this.options;
    const now = clock.now();
    const nextVisibleMs = Math.min(...this.#messages.map((message) => message.visibleAtMs - now), remainingMs);
    await new Promise<void>((resolve) => {
      const timer = clock.schedule(nextVisibleMs, () => wake());
      const wake = () => {
        timer.cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #seconds(setting: keyof typeof DEFAULTS): number {
    return Number(this.#settings[setting]);
  }
}

function describe(message: StoredMessage, request: ReceiveMessageRequest): Message {
  const system: Record<string, string> = {
    SentTimestamp: String(Math.floor(message.sentMs)),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(Math.floor(message.firstReceivedMs)),
  };
  const wanted: string[] = [...(request.AttributeNames ?? []), ...(request.MessageSystemAttributeNames ?? [])];
  const attributes = pick(system, wanted);
  const messageAttributes = pick(message.attributes, request.MessageAttributeNames ?? []);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(Object.keys(messageAttributes).length > 0 && { MessageAttributes: messageAttributes }),
  };
}

/** By name, `All`, or a prefix such as `trace.*`. */
function pick<T>(values: Record<string, T>, names: readonly string[]): Record<string, T> {
  const isWanted = (name: string) =>
    names.some(
      (wanted) =>
        wanted === 'All' || wanted === name || (wanted.endsWith('.*') && name.startsWith(wanted.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(values).filter(([name]) => isWanted(name)));
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

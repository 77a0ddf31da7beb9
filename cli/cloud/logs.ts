/**
 * What training printed. S3 has all of it, half a minute late; CloudWatch Logs has it at once, but only the first
 * megabytes of each hour. So what has ended is read from S3, and what runs is followed in CloudWatch Logs.
 */
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { logsPrefix } from '../../core/s3-layout';
import type { ClientConfig } from './client-config';
import { listObjects } from './objects';
import type { StackFound } from './stack';

export interface LogSource {
  sessionId: string;
  attempt: number;
  instanceId: string;
  userId: string;
}

export interface LogsOptions {
  client: ClientConfig;
  stack: StackFound;
  s3: S3Client;
}

export class Logs {
  readonly #logs: CloudWatchLogsClient;

  constructor(private readonly options: LogsOptions) {
    this.#logs = new CloudWatchLogsClient(options.client);
  }

  /** The whole log as far as it is in S3. */
  async *whole({ userId }: LogSource): AsyncGenerator<string> {
    const { s3, stack } = this.options;
    const listed = await listObjects(s3, { bucket: stack.bucket, key: logsPrefix(userId) });
    const segments = listed.map(({ key }) => key).filter((key) => /train-\d+\.log$/.test(key));
    let partial = '';
    for (const key of segments.sort()) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: stack.bucket, Key: key }));
      if (Body === undefined) continue;
      const decoder = new TextDecoder();
      for await (const chunk of Body as AsyncIterable<Uint8Array>) {
        const lines = (partial + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
        partial = lines.pop() ?? '';
        yield* lines;
      }
    }
    if (partial !== '') yield partial;
  }

  /** The newest lines; empty when there is no stream (yet). */
  async tail(source: LogSource, lines: number): Promise<string[]> {
    const page = await this.#events(source, { limit: lines, startFromHead: false });
    return page?.messages ?? [];
  }

  /** What is new since `token`; undefined token: from the beginning. `token` is undefined until the stream is there. */
  async next(source: LogSource, token: string | undefined): Promise<{ messages: string[]; token: string | undefined }> {
    const messages: string[] = [];
    let position = token;
    for (;;) {
      const page = await this.#events(source, position === undefined ? { startFromHead: true } : { token: position });
      if (page === undefined) return { messages, token: position };
      messages.push(...page.messages);
      // The same token again: there is no more for now.
      if (page.token === undefined || page.token === position) return { messages, token: position };
      position = page.token;
    }
  }

  async #events(
    { sessionId, attempt, instanceId }: LogSource,
    { limit, startFromHead, token }: { limit?: number; startFromHead?: boolean; token?: string },
  ): Promise<{ messages: string[]; token: string | undefined } | undefined> {
    try {
      const { events, nextForwardToken } = await this.#logs.send(
        new GetLogEventsCommand({
          logGroupName: this.options.stack.logGroup,
          logStreamName: `${sessionId}/${attempt}/${instanceId}`,
          ...(limit === undefined ? {} : { limit }),
          ...(token === undefined ? { startFromHead } : { nextToken: token, startFromHead: true }),
        }),
      );
      return { messages: (events ?? []).map(({ message }) => message ?? ''), token: nextForwardToken };
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }
}

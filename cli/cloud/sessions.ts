/** Sessions as the cloud has them: executions, records, and what nodes say of themselves. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type ExecutionStatus,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { finalStatusSchema, nodeStatusSchema } from '../../core/node/node-status';
import type { Clock } from '../../core/ports';
import { finalKey, statusKey } from '../../core/s3-layout';
import { allNodes, currentAttempt } from '../../core/session/attempts';
import type { Node, Session } from '../../core/session/session';
import { RECORD, sessionPk } from '../../core/table';
import type { ExecutionLook, NodeReports, SessionSources } from '../../core/view/sources';
import { notFound } from '../cli-error';
import type { ClientConfig } from './client-config';
import { readJson } from './objects';
import type { StackFound } from './stack';

/** DynamoDB's own limit of one call. */
const RECORDS_A_CALL = 100;
const EXECUTIONS_A_PAGE = 100;

export interface SessionsOptions {
  client: ClientConfig;
  stack: StackFound;
  s3: S3Client;
  clock: Clock;
  /** As the user would type it to reach the same cloud. */
  command: (name: string, ...words: string[]) => string;
}

export class Sessions {
  readonly #states: SFNClient;
  readonly #table: DynamoDBDocumentClient;
  /** Of nodes that have said theirs: they say no more, and are not asked again. By user id. */
  readonly #lastWords = new Map<string, NodeReports>();

  constructor(private readonly options: SessionsOptions) {
    this.#states = new SFNClient(options.client);
    this.#table = DynamoDBDocumentClient.from(new DynamoDBClient(options.client));
  }

  executionArn(sessionId: string): string {
    return `${this.options.stack.stateMachineArn.replace(':stateMachine:', ':execution:')}:${sessionId}`;
  }

  /** The newest first. */
  async list({ limit, status }: { limit: number; status?: ExecutionStatus }): Promise<SessionSources[]> {
    return this.#withRecords(await this.#listExecutions(limit, status));
  }

  async #withRecords(executions: readonly ExecutionLook[]): Promise<SessionSources[]> {
    const records = await this.records(executions.map(({ executionArn }) => nameOf(executionArn)));
    return Promise.all(
      executions.map((execution) => {
        const sessionId = nameOf(execution.executionArn);
        return this.#sources(sessionId, execution, records.get(sessionId) ?? null, 'current');
      }),
    );
  }

  /**
   * What may have changed: all that run, `known` ones, and the newest down to the first page of which nothing can change any
   * more. `hasMore`: there are more than `limit`.
   */
  async changed(
    limit: number,
    { isSettled, known }: { isSettled: (sessionId: string) => boolean; known: readonly ExecutionLook[] },
  ): Promise<{ sources: SessionSources[]; hasMore: boolean }> {
    const [running, newest] = await Promise.all([
      this.#listExecutions(limit, 'RUNNING'),
      this.#listExecutions(limit + 1, undefined, (page) => page.every((each) => isSettled(nameOf(each.executionArn)))),
    ]);
    // The later a look, the newer: a later entry of a map replaces an earlier one.
    const looks = new Map([...known, ...running, ...newest.slice(0, limit)].map((each) => [each.executionArn, each]));
    const open = [...looks.values()].filter(({ executionArn }) => !isSettled(nameOf(executionArn)));
    const ended = open.filter((each) => each.status === 'RUNNING' && !running.some(sameAs(each)));
    const ends = new Map(
      await Promise.all(ended.map(async (each) => [each.executionArn, await this.#describe(each)] as const)),
    );
    const executions = open.map((each) => ends.get(each.executionArn) ?? each);
    return { sources: await this.#withRecords(executions), hasMore: newest.length > limit };
  }

  async #describe(look: ExecutionLook): Promise<ExecutionLook> {
    return (await this.#execution(nameOf(look.executionArn))) ?? look;
  }

  /** `nodes`: whose own words are read, of the current attempt or of all. @throws CliError when there is no such session. */
  async find(sessionId: string, nodes: 'current' | 'all' = 'current'): Promise<SessionSources> {
    const [execution, session] = await Promise.all([this.#execution(sessionId), this.record(sessionId)]);
    if (execution !== null || session !== null) return this.#sources(sessionId, execution, session, nodes);
    const { stack, command } = this.options;
    throw notFound(`There is no session ${sessionId} in the stack ${stack.stackName}.`, `See: ${command('ls')}`);
  }

  async record(sessionId: string): Promise<Session | null> {
    const { Item } = await this.#table.send(
      new GetCommand({
        TableName: this.options.stack.tableName,
        Key: { pk: sessionPk(sessionId), sk: RECORD },
        ConsistentRead: true,
      }),
    );
    return (Item?.['record'] as Session | undefined) ?? null;
  }

  /** Those that there are, by session id. */
  async records(sessionIds: readonly string[]): Promise<Map<string, Session>> {
    const { tableName } = this.options.stack;
    const records = new Map<string, Session>();
    let left = sessionIds.map((id) => ({ pk: sessionPk(id), sk: RECORD }) as Record<string, unknown>);
    while (left.length > 0) {
      const Keys = left.slice(0, RECORDS_A_CALL);
      const { Responses, UnprocessedKeys } = await this.#table.send(
        new BatchGetCommand({ RequestItems: { [tableName]: { Keys } } }),
      );
      for (const item of Responses?.[tableName] ?? []) {
        const record = item['record'] as Session;
        records.set(record.sessionId, record);
      }
      left = [...(UnprocessedKeys?.[tableName]?.Keys ?? []), ...left.slice(RECORDS_A_CALL)];
    }
    return records;
  }

  /** @throws when an execution of this name was started before. */
  async start(sessionId: string, job: object): Promise<string> {
    const { executionArn } = await this.#states.send(
      new StartExecutionCommand({
        stateMachineArn: this.options.stack.stateMachineArn,
        name: sessionId,
        input: JSON.stringify(job),
      }),
    );
    return executionArn ?? this.executionArn(sessionId);
  }

  async #sources(
    sessionId: string,
    execution: ExecutionLook | null,
    session: Session | null,
    which: 'current' | 'all',
  ): Promise<SessionSources> {
    const nodes = session === null ? [] : which === 'all' ? allNodes(session) : currentNodes(session);
    const reports = await Promise.all(nodes.map(async ({ userId }) => [userId, await this.#reports(userId)] as const));
    return { sessionId, execution, session, reports: new Map(reports), now: this.options.clock.now() };
  }

  async #reports(userId: string): Promise<NodeReports> {
    const said = this.#lastWords.get(userId);
    if (said) return said;
    const { s3, stack } = this.options;
    const { bucket } = stack;
    const [status, final] = await Promise.all([
      readJson(s3, { bucket, key: statusKey(userId) }),
      readJson(s3, { bucket, key: finalKey(userId) }),
    ]);
    const parsed = { status: nodeStatusSchema.safeParse(status), final: finalStatusSchema.safeParse(final) };
    const reports: NodeReports = {
      ...(parsed.status.success ? { status: parsed.status.data } : {}),
      ...(parsed.final.success ? { final: parsed.final.data } : {}),
    };
    if (reports.final?.outcome) this.#lastWords.set(userId, reports);
    return reports;
  }

  async #execution(sessionId: string): Promise<ExecutionLook | null> {
    try {
      return lookOf(
        await this.#states.send(new DescribeExecutionCommand({ executionArn: this.executionArn(sessionId) })),
      );
    } catch (error) {
      if (error instanceof Error && ['ExecutionDoesNotExist', 'InvalidArn'].includes(error.name)) return null;
      throw error;
    }
  }

  async #listExecutions(
    limit: number,
    status: ExecutionStatus | undefined,
    isEnough: (page: readonly ExecutionLook[]) => boolean = () => false,
  ): Promise<ExecutionLook[]> {
    const found: ExecutionLook[] = [];
    let token: string | undefined;
    do {
      const page = await this.#states.send(
        new ListExecutionsCommand({
          stateMachineArn: this.options.stack.stateMachineArn,
          maxResults: Math.min(EXECUTIONS_A_PAGE, limit),
          ...(status ? { statusFilter: status } : {}),
          ...(token ? { nextToken: token } : {}),
        }),
      );
      const looks = (page.executions ?? []).map(lookOf);
      found.push(...looks);
      token = isEnough(looks) ? undefined : page.nextToken;
    } while (token !== undefined && found.length < limit);
    return found.slice(0, limit);
  }
}

interface ExecutionAnswer {
  executionArn?: string | undefined;
  status?: string | undefined;
  startDate?: Date | undefined;
  stopDate?: Date | undefined;
  error?: string | undefined;
  cause?: string | undefined;
}

function lookOf(answer: ExecutionAnswer): ExecutionLook {
  return {
    executionArn: answer.executionArn ?? '',
    status: answer.status ?? 'UNKNOWN',
    startedAt: (answer.startDate ?? new Date(0)).toISOString(),
    endedAt: answer.stopDate?.toISOString() ?? null,
    error: answer.error ?? null,
    cause: answer.cause ?? null,
  };
}

function nameOf(executionArn: string): string {
  return executionArn.split(':').at(-1) ?? '';
}

const sameAs = (one: ExecutionLook) => (other: ExecutionLook) => one.executionArn === other.executionArn;

function currentNodes(session: Session): Node[] {
  return session.outcome === null ? (currentAttempt(session)?.nodes ?? []) : [];
}

/** What a run on the local cloud took, read from its own records. */
import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeExecutionCommand, paginateGetExecutionHistory, type SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Session } from '../core/session/session';
import { RECORD, sessionPk } from '../core/table';

/** Seconds from StartExecution to the first line of progress that training printed. */
export async function secondsToFirstLine(
  clients: { states: SFNClient; logs: CloudWatchLogsClient },
  { executionArn, logGroup }: { executionArn: string; logGroup: string },
): Promise<number | null> {
  const { startDate } = await clients.states.send(new DescribeExecutionCommand({ executionArn }));
  const { events } = await clients.logs.send(
    new FilterLogEventsCommand({ logGroupName: logGroup, startTime: startDate?.getTime() }),
  );
  const first = events?.find(({ message }) => message?.includes('step='))?.timestamp;
  return first === undefined || startDate === undefined ? null : (first - startDate.getTime()) / 1000;
}

/** State transitions as Step Functions bills them: one for each state entered, retries included. */
export async function stateTransitions(client: SFNClient, executionArn: string): Promise<number> {
  let count = 0;
  for await (const { events } of paginateGetExecutionHistory({ client }, { executionArn })) {
    count += events?.filter(({ type }) => type?.endsWith('StateEntered')).length ?? 0;
  }
  return count;
}

export async function readSession(client: DynamoDBClient, tableName: string, sessionId: string): Promise<Session> {
  const table = DynamoDBDocumentClient.from(client);
  const { Item } = await table.send(
    new GetCommand({ TableName: tableName, Key: { pk: sessionPk(sessionId), sk: RECORD } }),
  );
  if (Item === undefined) throw new Error(`There is no record of ${sessionId}.`);
  return Item['record'] as Session;
}

export interface InterruptionTimes {
  noticeToSignalSeconds: number | null;
  noticeToLaunchSeconds: number | null;
}

/** By the session record: when EC2 gave the notice, when the agent saw it, when the next launch was asked for. */
export function interruptionTimes(session: Session): InterruptionTimes {
  const [first, second] = session.attempts;
  const noticeAt = first?.nodes[0]?.noticeAt;
  if (noticeAt == null) return { noticeToSignalSeconds: null, noticeToLaunchSeconds: null };
  const noticeAtMs = Date.parse(noticeAt);
  const final = first?.nodes[0]?.final;
  const inAgent = final?.shutdown?.noticeToSignalSeconds ?? null;
  const seenAt = final?.notice?.seenAt;
  return {
    noticeToSignalSeconds:
      inAgent === null || seenAt === undefined ? null : (Date.parse(seenAt) - noticeAtMs) / 1000 + inAgent,
    noticeToLaunchSeconds: second ? (Date.parse(second.launch.requestedAt) - noticeAtMs) / 1000 : null,
  };
}

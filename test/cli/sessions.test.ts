import type { S3Client } from '@aws-sdk/client-s3';
import { Sessions } from '../../cli/cloud/sessions';
import type { StackFound } from '../../cli/cloud/stack';
import type { ExecutionLook } from '../../core/view/sources';
import { type Asked, fakeAws } from '../aws/fake-aws';

const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:Runctl';
const arnOf = (id: string) => `${MACHINE.replace(':stateMachine:', ':execution:')}:${id}`;
const answerOf = (id: string, status: string) => ({ executionArn: arnOf(id), status, startDate: 1_795_000_000 });
const known = (id: string, status: string): ExecutionLook => ({
  executionArn: arnOf(id),
  status,
  startedAt: '2026-11-18T11:06:40.000Z',
  endedAt: null,
  error: null,
  cause: null,
});

/** Step Functions has these, the newest first, in pages of two. */
function sessionsOf(executions: readonly (readonly [id: string, status: string])[]) {
  const list = ({ statusFilter, nextToken = '0' }: { statusFilter?: string; nextToken?: string }) => {
    const found = executions.filter(([, status]) => statusFilter === undefined || status === statusFilter);
    const from = Number(nextToken);
    const isLast = from + 2 >= found.length;
    return {
      executions: found.slice(from, from + 2).map(([id, status]) => answerOf(id, status)),
      ...(isLast ? {} : { nextToken: String(from + 2) }),
    };
  };
  const { asked, config } = fakeAws(({ target, body }) => {
    if (target.endsWith('.ListExecutions')) return { body: list(body) };
    if (target.endsWith('.DescribeExecution')) {
      const id = String(body.executionArn).split(':').at(-1) ?? '';
      return { body: answerOf(id, executions.find(([each]) => each === id)?.[1] ?? '') };
    }
    return { body: { Responses: {} } };
  });
  const stack = { stateMachineArn: MACHINE, tableName: 'records', bucket: 'bucket' } as StackFound;
  const clock = { now: () => 0 };
  const sessions = new Sessions({ client: config, stack, s3: {} as S3Client, clock, command: () => '' });
  const calls = (name: string) => asked.filter(({ target }: Asked) => target.endsWith(`.${name}`));
  return { sessions, calls };
}

const namesOf = ({ sources }: Awaited<ReturnType<Sessions['changed']>>) => sources.map(({ sessionId }) => sessionId);

describe('what may have changed since the last look', () => {
  it('at first: everything, up to the limit', async () => {
    const { sessions } = sessionsOf([
      ['e', 'RUNNING'],
      ['d', 'FAILED'],
      ['c', 'SUCCEEDED'],
      ['b', 'SUCCEEDED'],
    ]);
    const all = await sessions.changed(10, { isSettled: () => false, known: [] });
    expect([namesOf(all).sort(), all.hasMore]).toEqual([['b', 'c', 'd', 'e'], false]);
    const some = await sessions.changed(3, { isSettled: () => false, known: [] });
    expect([namesOf(some).sort(), some.hasMore]).toEqual([['c', 'd', 'e'], true]);
  });

  it('later: what runs, however old, and the newest down to the first page that is settled', async () => {
    const { sessions, calls } = sessionsOf([
      ['new', 'RUNNING'],
      ['y', 'SUCCEEDED'],
      ['x', 'SUCCEEDED'],
      ['w', 'SUCCEEDED'],
      ['v', 'SUCCEEDED'],
      ['u', 'SUCCEEDED'],
      ['old', 'RUNNING'],
    ]);
    const settled = new Set(['u', 'v', 'w', 'x', 'y']);
    const changed = await sessions.changed(10, { isSettled: (id) => settled.has(id), known: [] });
    expect(namesOf(changed).sort()).toEqual(['new', 'old']);
    const pages = calls('ListExecutions').filter(({ body }) => body.statusFilter === undefined);
    expect(pages).toHaveLength(2);
    const keys = calls('BatchGetItem')[0]?.body.RequestItems.records.Keys;
    expect(keys).toHaveLength(2);
  });

  it('one that ran at the last look and runs no more is asked how it ended', async () => {
    const { sessions, calls } = sessionsOf([
      ['z', 'SUCCEEDED'],
      ['y', 'SUCCEEDED'],
      ['ended', 'ABORTED'],
    ]);
    const isSettled = (id: string) => id !== 'ended';
    const { sources } = await sessions.changed(10, { isSettled, known: [known('ended', 'RUNNING')] });
    expect(sources.map(({ sessionId, execution }) => [sessionId, execution?.status])).toEqual([['ended', 'ABORTED']]);
    expect(calls('DescribeExecution')).toHaveLength(1);
  });
});

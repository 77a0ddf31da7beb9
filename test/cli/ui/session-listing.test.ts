import { SessionListing } from '../../../cli/ui/session-listing';
import { iso } from '../../../core/time';
import type { ExecutionLook, SessionSources } from '../../../core/view/sources';
import { aSession, NOW } from '../../support/sessions';

const look = (sessionId: string, status: string): ExecutionLook => ({
  executionArn: `arn:aws:states:us-east-1:000000000000:execution:Runctl:${sessionId}`,
  status,
  startedAt: iso(NOW),
  endedAt: status === 'RUNNING' ? null : iso(NOW),
  error: null,
  cause: null,
});
const sources = (sessionId: string, session: Partial<SessionSources['session'] & object> = {}): SessionSources => ({
  sessionId,
  execution: look(sessionId, session.outcome ? 'SUCCEEDED' : 'RUNNING'),
  session: aSession({ sessionId, ...session }),
  reports: new Map(),
  now: NOW,
});
const succeeded = { result: 'succeeded' as const, error: null, message: '', at: iso(NOW), resumable: false };

function listing(answers: SessionSources[][]) {
  let realMs = 0;
  const changed = jest.fn(
    async (_limit: number, _known: { isSettled: (id: string) => boolean; known: readonly ExecutionLook[] }) => ({
      sources: answers.shift() ?? [],
      hasMore: false,
    }),
  );
  const list = new SessionListing({
    sessions: { changed },
    clock: { now: () => NOW },
    monotonicMs: () => realMs,
    leastMs: 1000,
  });
  const pass = (milliseconds: number) => {
    realMs += milliseconds;
  };
  return { list, changed, pass };
}

it('tells all at first, then what has changed', async () => {
  const { list, pass } = listing([
    [sources('a'), sources('b')],
    [sources('a'), sources('b', { outcome: succeeded })],
  ]);
  const first = await list.since(0);
  expect(first.rows.map(({ sessionId }) => sessionId)).toEqual(['a', 'b']);
  pass(1000);
  const second = await list.since(first.version);
  expect(second.rows).toMatchObject([{ sessionId: 'b', state: 'succeeded' }]);
  expect((await list.since(second.version)).rows).toEqual([]);
  expect((await list.since(0)).rows).toHaveLength(2);
});

it('asks the cloud once, however many ask at a time, and not again at once', async () => {
  const { list, changed, pass } = listing([[sources('a')]]);
  await Promise.all([list.since(0), list.since(0), list.since(0)]);
  await list.since(0);
  expect(changed).toHaveBeenCalledTimes(1);
  pass(999);
  await list.since(0);
  expect(changed).toHaveBeenCalledTimes(1);
  pass(1);
  await list.since(0);
  expect(changed).toHaveBeenCalledTimes(2);
});

it('asks again after a change of ours', async () => {
  const { list, changed } = listing([[sources('a')]]);
  await list.since(0);
  list.expire();
  await list.since(0);
  expect(changed).toHaveBeenCalledTimes(2);
});

it('asks no more for what has ended and is paid for, but for what may still change', async () => {
  const settled = { outcome: succeeded, costsSettledAt: iso(NOW) };
  const { list, changed, pass } = listing([
    [sources('paid', settled), sources('unpaid', { outcome: succeeded }), sources('runs')],
  ]);
  await list.since(0);
  pass(1000);
  await list.since(0);
  const { isSettled, known } = changed.mock.calls[1]?.[1] ?? { isSettled: () => false, known: [] };
  expect(['paid', 'unpaid', 'runs'].map((id) => isSettled(id))).toEqual([true, false, false]);
  expect(known.map(({ executionArn }) => executionArn.split(':').at(-1))).toEqual(['unpaid', 'runs']);
});

it('a page of an earlier run of the server gets everything anew', async () => {
  const { list } = listing([[sources('a')]]);
  expect((await list.since(41)).rows).toHaveLength(1);
});

it('a look that failed is told, and made again by whoever asks next', async () => {
  const { list, changed } = listing([]);
  changed.mockRejectedValueOnce(new Error('throttled'));
  await expect(list.since(0)).rejects.toThrow('throttled');
  expect((await list.since(0)).rows).toEqual([]);
});

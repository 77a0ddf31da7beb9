import { StateHistory } from '../../../cli/ui/state-history';
import { failure, fakeAws } from '../../aws/fake-aws';

const ARN = 'arn:aws:states:us-east-1:000000000000:execution:Runctl:a';

const event = (id: number, kind: 'Entered' | 'Exited', name: string) => ({
  id,
  timestamp: 1_795_000_000 + id,
  type: `TaskState${kind}`,
  [`state${kind}EventDetails`]: { name },
});

it('tells which states were entered and left', async () => {
  const other = { id: 3, timestamp: 1_795_000_003, type: 'TaskScheduled' };
  const events = [other, event(2, 'Exited', 'PlanJob'), event(1, 'Entered', 'PlanJob')];
  const { config } = fakeAws(() => ({ body: { events } }));
  expect(await new StateHistory(config as never).of(ARN)).toEqual([
    { id: 2, at: '2026-11-18T11:06:42.000Z', kind: 'exited', state: 'PlanJob' },
    { id: 1, at: '2026-11-18T11:06:41.000Z', kind: 'entered', state: 'PlanJob' },
  ]);
});

it('stops at what it knows: older pages are not asked for again', async () => {
  let newest = [event(1, 'Entered', 'PlanJob')];
  const { asked, config } = fakeAws(({ body }) => ({
    body: body.nextToken === undefined ? { events: newest, nextToken: 'older' } : { events: [] },
  }));
  const history = new StateHistory(config as never);
  await history.of(ARN);
  expect(asked).toHaveLength(2);
  newest = [event(2, 'Exited', 'PlanJob'), ...newest];
  expect(await history.of(ARN)).toHaveLength(2);
  expect(asked).toHaveLength(3);
  expect(asked[0]?.body).toMatchObject({ reverseOrder: true, includeExecutionData: false });
});

it('an execution that Step Functions has forgotten has none', async () => {
  const { config } = fakeAws(() => failure('ExecutionDoesNotExist', 'gone'));
  expect(await new StateHistory(config as never).of(ARN)).toBeNull();
});

it('any other refusal is told', async () => {
  const { config } = fakeAws(() => failure('AccessDeniedException', 'not you'));
  await expect(new StateHistory(config as never).of(ARN)).rejects.toThrow('not you');
});

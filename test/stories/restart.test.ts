/** A local cloud that is stopped, or dies, and is started again on the same folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetExecutionHistoryCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { receiptKey, resultsLocation } from '../../core/s3-layout';
import { World } from './support/world';

let dataDir: string;
let world: World;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'runctl-restart-'));
});
afterEach(async () => {
  await world.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const start = () => World.start({ cloud: { dataDir } });

describe('a local cloud that starts again', () => {
  it('has its bucket, table and finished sessions, and says which it could not carry on', async () => {
    world = await start();
    const finished = await world.submit('--steps 5');
    await world.success(finished);
    const before = {
      execution: await world.execution(finished),
      history: await world.sfn.send(historyOf(world, finished)),
      receipt: await world.text(receiptKey(finished)),
      now: world.cloud.clock.now(),
    };
    const running = await world.submit('--steps 40 --save-every 10 --hold-at 13');
    const node = await world.trainingAt(running, 13);
    await world.until('a checkpoint is committed', async () => (await world.status(node))?.lastCheckpoint?.step === 10);
    await world.close();

    world = await start();

    expect(world.cloud.clock.now()).toBeGreaterThan(before.now);
    expect(world.cloud.lostExecutions).toEqual([running]);
    expect({ ...(await world.execution(finished)), $metadata: null }).toEqual({ ...before.execution, $metadata: null });
    expect((await world.sfn.send(historyOf(world, finished))).events).toEqual(before.history.events);
    expect(await world.text(receiptKey(finished))).toBe(before.receipt);
    expect((await world.keys(resultsLocation({ bucket: '', key: 'results/' }, finished).key)).length).toBeGreaterThan(
      1,
    );
    expect(await world.session(finished)).toMatchObject({ outcome: { result: 'succeeded' } });

    expect(await world.execution(running)).toMatchObject({ status: 'ABORTED', error: 'Local.Stopped' });
    const { stateMachineArn } = world.cloud;
    const { executions } = await world.sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    expect(executions?.map(({ name, status }) => [name, status])).toEqual([
      [running, 'ABORTED'],
      [finished, 'SUCCEEDED'],
    ]);
    const ended = await world.until('the session is ended', async () => {
      const session = await world.session(running);
      return session?.outcome && session.attempts[0]?.nodes[0]?.state === 'gone' ? session : undefined;
    });
    expect(ended.outcome).toMatchObject({ result: 'aborted', resumable: true });

    await world.startExecution('goes-on', {
      ...ended.job,
      command: 'python3 train.py --steps 60',
      resumeFrom: running,
    });
    await world.success('goes-on');
    const resumed = await world.node('goes-on', 1);
    expect(resumed?.final?.resumedFrom?.step).toBeGreaterThanOrEqual(10);
  });
});

function historyOf({ cloud }: World, name: string): GetExecutionHistoryCommand {
  return new GetExecutionHistoryCommand({
    executionArn: `${cloud.stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`,
    maxResults: 1000,
  });
}

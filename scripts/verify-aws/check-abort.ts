import { finalStatus } from './account';
import { type Check, expect } from './context';
import { firstCheckpoint, gone, startJob } from './job';

export const checkAbort: Check = {
  id: 'abort',
  title: 'An aborted execution saves what it has, and leaves no instance',
  does: 'runs the example slowly and stops its execution: about ten minutes',
  estimatedUsd: 0.02,
  async run(context) {
    const { tools, deployed } = context;
    const job = await startJob(context, 'abort', 1);
    const { instance, checkpoint } = await firstCheckpoint(context, job);
    await tools.aws('stepfunctions', 'stop-execution', '--execution-arn', job.executionArn);
    const abortedAt = tools.now();
    const left = await gone(context, job, 12);
    const minutes = ((tools.now() - abortedAt) / 60_000).toFixed(1);
    const last = await finalStatus(tools, deployed.bucket, instance.InstanceId);
    expect(last?.outcome === 'stopped', `the instance says ${last?.outcome ?? 'nothing'}`);
    const [before, after] = [checkpoint.sequence, last?.lastCheckpoint?.sequence ?? 0];
    expect(after > before, `the last checkpoint is number ${after}: it did not save when it was told to stop`);
    return [
      `${instance.InstanceId}: ${last?.outcome} (${last?.reason}), saved ${last?.lastCheckpoint?.name} after ${checkpoint.name}`,
      `${left.map(({ InstanceId, State }) => `${InstanceId} ${State.Name}`).join(', ')} ${minutes} minutes after the abort`,
    ];
  },
};

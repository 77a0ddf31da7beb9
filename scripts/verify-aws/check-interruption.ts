import { z } from 'zod';
import { finalStatus } from './account';
import { type Check, expect } from './context';
import { ended, firstCheckpoint, gone, startJob } from './job';
import { waitFor } from './tools';

const experimentSchema = z.object({ experiment: z.object({ id: z.string() }) });

export const checkInterruption: Check = {
  id: 'interruption',
  title: 'A real spot interruption, sent by AWS FIS, costs no step',
  does: 'runs the example slowly, has FIS interrupt its instance, lets a second instance finish it: about 25 minutes',
  // Two instances, and FIS by the minute of its action.
  estimatedUsd: 0.4,
  async run(context) {
    const { tools, deployed } = context;
    const job = await startJob(context, 'interruption', 1);
    const { instance, checkpoint } = await firstCheckpoint(context, job);
    const { experiment } = experimentSchema.parse(
      await tools.aws('fis', 'start-experiment', '--experiment-template-id', deployed.experimentTemplateId),
    );
    const what = 'the last word of the interrupted instance';
    const last = await waitFor(tools, { what, everySeconds: 10, atMostMinutes: 6 }, async () => {
      const report = await finalStatus(tools, deployed.bucket, instance.InstanceId);
      return report?.outcome ? report : undefined;
    });
    expect(last.outcome === 'interrupted', `the instance says ${last.outcome}`);
    expect(last.notice !== null, 'the instance saw no notice');
    const { status, cause } = await ended(context, job);
    expect(status === 'SUCCEEDED', `the execution ended as ${status}: ${cause}`);
    const all = await gone(context, job, 10);
    const second = all.find(({ InstanceId }) => InstanceId !== instance.InstanceId);
    expect(second !== undefined, 'there was no second instance');
    const next = await finalStatus(tools, deployed.bucket, second?.InstanceId ?? '');
    const [savedAt, resumedAt] = [last.lastCheckpoint?.step, next?.resumedFrom?.step];
    expect(savedAt != null && savedAt === resumedAt, `saved at step ${savedAt}, resumed at step ${resumedAt}`);
    const reason = all.find(({ InstanceId }) => InstanceId === instance.InstanceId)?.StateReason?.Code;
    return [
      `checkpoint before the notice: ${checkpoint.name}; experiment ${experiment.id}`,
      `${instance.InstanceId}: notice ${JSON.stringify(last.notice)}, timing ${JSON.stringify(last.shutdown)}, EC2 says ${reason}`,
      `${second?.InstanceId}: resumed from ${next?.resumedFrom?.name}, step ${resumedAt}, where the first had saved`,
      `${job.executionArn} ${status}`,
    ];
  },
};

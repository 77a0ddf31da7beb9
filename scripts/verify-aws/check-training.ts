import { TAG } from '../../core/tags';
import { instances, objects, volumes } from './account';
import { type Check, type CheckContext, expect } from './context';
import { ended, firstCheckpoint, gone, startJob, uploadExample } from './job';

const TAGS = [TAG.name, TAG.project, TAG.createdBy, TAG.sessionId, TAG.attempt, TAG.job, TAG.expiresAt];

export const checkTraining: Check = {
  id: 'training',
  title: 'A job on one CPU spot instance trains to its end',
  does: 'uploads the example, runs it on an m7i.large or the like for about five minutes',
  estimatedUsd: 0.02,
  async run(context) {
    const { tools, deployed } = context;
    await uploadExample(context);
    const job = await startJob(context, 'training', 5);
    const { instance } = await firstCheckpoint(context, job);
    const asMade = await howItWasMade(context, job.sessionId, instance.InstanceId);
    const { status, output, cause } = await ended(context, job);
    expect(status === 'SUCCEEDED', `the execution ended as ${status}: ${cause}`);
    const results = await objects(tools, deployed.bucket, `results/${job.sessionId}/`);
    expect(results.length > 0, 'there are no results');
    const left = await gone(context, job, 10);
    return [
      ...asMade,
      `${job.executionArn} ${status}, output ${output}`,
      `results: ${results.map(({ Key, Size }) => `${Key} (${Size} bytes)`).join(', ')}`,
      `instances: ${left.map(({ InstanceId, State }) => `${InstanceId} ${State.Name}`).join(', ')}`,
    ];
  },
};

/** Spot, metadata by token only, every tag in place from the launch, disk encrypted. */
async function howItWasMade({ tools }: CheckContext, sessionId: string, instanceId: string): Promise<string[]> {
  const found = (await instances(tools, sessionId)).find(({ InstanceId }) => InstanceId === instanceId);
  const tags = new Map(found?.Tags.map(({ Key, Value }) => [Key, Value]));
  const missing = TAGS.filter((key) => !tags.has(key));
  expect(missing.length === 0, `${instanceId} has no tag ${missing.join(', ')}`);
  expect(found?.InstanceLifecycle === 'spot', `${instanceId} is not a spot instance`);
  expect(found?.MetadataOptions?.HttpTokens === 'required', `${instanceId} answers metadata calls without a token`);
  const disks = await volumes(tools, sessionId);
  expect(disks.length === 1, `${disks.length} volumes have the session's tag: one root disk is expected`);
  expect(
    disks.every(({ Encrypted }) => Encrypted),
    'a volume is not encrypted',
  );
  return [
    `${instanceId}: ${found?.InstanceType}, spot, IMDSv2 required, tags ${TAGS.map((key) => `${key}=${tags.get(key)}`).join(' ')}`,
    `volumes: ${disks.map(({ VolumeId }) => `${VolumeId} encrypted`).join(', ')}`,
  ];
}

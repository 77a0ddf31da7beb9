/** Jobs of the verification: the digits example, on small machines that EC2 nearly always has as spot. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { JobSpecInput } from '../../core/job/job-spec';
import { PROJECT_ROOT } from '../../lib/project-root';
import { type Execution, execution, type Instance, instances, status } from './account';
import { type CheckContext, JOB_NAME } from './context';
import { waitFor } from './tools';

const EXAMPLE = join(PROJECT_ROOT, 'examples', 'digits');
const PREFIX = 'examples/digits/';

/** `stepsPerSecond` makes training slow enough to be interrupted: it has 630 steps. */
export function verificationJob(bucket: string, stepsPerSecond: number): JobSpecInput {
  return {
    name: JOB_NAME,
    project: 'verification',
    command: `python3 train.py --epochs 14 --pace ${stepsPerSecond} --save-every 60`,
    code: `s3://${bucket}/${PREFIX}code.tar.gz`,
    data: `s3://${bucket}/${PREFIX}data/`,
    checkpoints: { pattern: 'step-*.json', resumeArg: '--resume {path}' },
    resources: { instanceTypes: ['m7i.large', 'm6i.large', 'm5.large', 'c6i.large'], market: 'spot', volumeGiB: 20 },
    limits: { maxHours: 1, maxUsd: 0.3 },
    launch: { patienceHours: 0.5 },
  };
}

/** Puts the example's code and data into the bucket. */
export async function uploadExample({ tools, deployed: { bucket } }: CheckContext): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-verify-'));
  try {
    const archive = join(folder, 'code.tar.gz');
    await tools.run('tar', '-czf', archive, '-C', EXAMPLE, 'train.py');
    await tools.run('aws', 's3', 'cp', archive, `s3://${bucket}/${PREFIX}code.tar.gz`);
    await tools.run('aws', 's3', 'cp', join(EXAMPLE, 'digits.csv.gz'), `s3://${bucket}/${PREFIX}data/digits.csv.gz`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface StartedJob {
  sessionId: string;
  executionArn: string;
}

export async function startJob(context: CheckContext, name: string, stepsPerSecond: number): Promise<StartedJob> {
  const { tools, deployed, run } = context;
  const sessionId = `${run}-${name}`;
  const folder = mkdtempSync(join(tmpdir(), 'runctl-verify-'));
  try {
    const file = join(folder, 'job.json');
    writeFileSync(file, JSON.stringify(verificationJob(deployed.bucket, stepsPerSecond)));
    const arguments_ = [
      '--state-machine-arn',
      deployed.stateMachineArn,
      '--name',
      sessionId,
      '--input',
      `file://${file}`,
    ];
    const answer = await tools.aws('stepfunctions', 'start-execution', ...arguments_);
    return { sessionId, executionArn: z.object({ executionArn: z.string() }).parse(answer).executionArn };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Waits until an instance of the session has committed a checkpoint, and returns both. */
export function firstCheckpoint({ tools, deployed }: CheckContext, { sessionId, executionArn }: StartedJob) {
  return waitFor(tools, { what: 'a committed checkpoint', everySeconds: 15, atMostMinutes: 25 }, async () => {
    const { status: state, error, cause } = await execution(tools, executionArn);
    if (state !== 'RUNNING') throw new Error(`The execution ended as ${state}: ${error ?? ''} ${cause ?? ''}`);
    for (const instance of await running({ tools, sessionId })) {
      const report = await status(tools, deployed.bucket, instance.InstanceId);
      if (report?.lastCheckpoint) return { instance, checkpoint: report.lastCheckpoint };
    }
    return undefined;
  });
}

async function running({ tools, sessionId }: Pick<CheckContext, 'tools'> & { sessionId: string }): Promise<Instance[]> {
  return (await instances(tools, sessionId)).filter(({ State }) => State.Name === 'running');
}

export function ended({ tools }: CheckContext, { executionArn }: StartedJob): Promise<Execution> {
  return waitFor(tools, { what: 'the end of the execution', everySeconds: 20, atMostMinutes: 50 }, async () => {
    const found = await execution(tools, executionArn);
    return found.status === 'RUNNING' ? undefined : found;
  });
}

/** Waits until EC2 shows every instance of the session as terminated. */
export function gone({ tools }: CheckContext, { sessionId }: StartedJob, atMostMinutes: number): Promise<Instance[]> {
  return waitFor(tools, { what: 'the end of the instances', everySeconds: 15, atMostMinutes }, async () => {
    const found = await instances(tools, sessionId);
    return found.every(({ State }) => State.Name === 'terminated') ? found : undefined;
  });
}

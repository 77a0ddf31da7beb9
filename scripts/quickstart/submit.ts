/** Puts the example into the bucket and starts the job: what `aws s3 cp` and `aws stepfunctions start-execution` do. */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Clients } from './clients';

export const EXAMPLE_PREFIX = 'examples/digits/';
/** Stands for the bucket's name in the example's job.json. */
const BUCKET_PLACEHOLDER = 'BUCKET';

export interface Submission {
  exampleDir: string;
  bucket: string;
  stateMachineArn: string;
  sessionId: string;
}

export interface Submitted {
  executionArn: string;
  /** Steps between two checkpoints, as the job's command says. */
  saveEverySteps: number;
}

export async function submit(clients: Clients, submission: Submission): Promise<Submitted> {
  const { exampleDir, bucket, stateMachineArn, sessionId } = submission;
  const spec = await readFile(path.join(exampleDir, 'job.json'), 'utf8');
  const saveEvery = /--save-every (\d+)/.exec(spec)?.[1];
  if (saveEvery === undefined) throw new Error('The command in job.json has no --save-every.');
  await upload(clients.s3, exampleDir, bucket);
  const { executionArn } = await clients.states.send(
    new StartExecutionCommand({
      stateMachineArn,
      name: sessionId,
      input: spec.replaceAll(BUCKET_PLACEHOLDER, bucket),
    }),
  );
  if (!executionArn) throw new Error('StartExecution returned no execution ARN.');
  return { executionArn, saveEverySteps: Number(saveEvery) };
}

async function upload(s3: S3Client, exampleDir: string, bucket: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'runctl-code-'));
  try {
    const archive = path.join(folder, 'code.tar.gz');
    await promisify(execFile)('tar', ['-czf', archive, '-C', exampleDir, 'train.py']);
    await put(s3, bucket, 'code.tar.gz', archive);
    await put(s3, bucket, 'data/digits.csv.gz', path.join(exampleDir, 'digits.csv.gz'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function put(s3: S3Client, bucket: string, name: string, file: string): Promise<void> {
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: `${EXAMPLE_PREFIX}${name}`, Body: createReadStream(file) }),
  );
}

/** `digits-20261123-210145`: unique by the second, and in order of time. */
export function sessionIdAt(date: Date): string {
  const [day, time] = date.toISOString().slice(0, 19).replace(/[-:]/g, '').split('T');
  return `digits-${day}-${time}`;
}

/** Gathers, from the cloud's own records, what checks.ts judges. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { checkpointManifestSchema, newestFirst } from '../../core/checkpoints/checkpoint';
import { CHECKPOINT_MANIFEST, checkpointsPrefix, logsPrefix, parseS3Uri } from '../../core/s3-layout';
import type { AttemptEvidence, Evidence } from './checks';
import type { Clients } from './clients';
import { downloadResults } from './download-results';
import { instancesLeft } from './instances';
import { listKeys, readJson, readText } from './objects';
import type { AttemptView, Disturbance, RunView } from './run-view';
import { scriptWords } from './script-words';

export interface Ended {
  bucket: string;
  executionArn: string;
  disturbance: Disturbance;
  view: RunView;
  /** Last step seen when the host was taken away; its own log went with it. */
  lastStepSeen: number | null;
  userIdOf(instanceId: string): string | undefined;
  /** Where the results are downloaded to. */
  resultsDir: string;
}

export interface Collected extends Omit<Evidence, 'notification' | 'hasReceipt' | 'saveEverySteps'> {
  receiptUri: string | null;
}

/** How long EC2 may take from shutting-down to terminated. */
const RELEASE_SECONDS = 30;
const LOOK_EVERY_MS = 500;

const outputSchema = z.object({ output: z.string(), receipt: z.string() });

export async function collectEvidence(clients: Clients, ended: Ended): Promise<Collected> {
  const { executionArn, resultsDir } = ended;
  const { status, error, cause, output } = await clients.states.send(new DescribeExecutionCommand({ executionArn }));
  const finished = output === undefined ? undefined : outputSchema.parse(JSON.parse(output));
  const location = finished && parseS3Uri(finished.output);
  const attempts = ended.view.attempts.map((attempt) => attemptEvidence(clients, ended, attempt));
  return {
    disturbance: ended.disturbance,
    execution: { status: status ?? 'UNKNOWN', error: error ?? null, cause: cause ?? null },
    attempts: await Promise.all(attempts),
    results: location
      ? await downloadResults(clients.s3, location, resultsDir)
      : { files: [], problems: ['the execution has no results'] },
    accuracy: await accuracyIn(resultsDir),
    instancesLeft: await waitUntilReleased(clients),
    receiptUri: finished?.receipt ?? null,
  };
}

async function attemptEvidence(clients: Clients, ended: Ended, attempt: AttemptView): Promise<AttemptEvidence> {
  const { instanceId, outcome } = attempt;
  const userId = ended.userIdOf(instanceId);
  if (userId === undefined) {
    return { instanceId, outcome, lastStep: null, newestCommittedStep: null, resumedAtStep: null };
  }
  const words = scriptWords(await logOf(clients, ended.bucket, userId));
  const wasKilled = ended.disturbance === 'kill' && attempt.number === 1;
  return {
    instanceId,
    outcome,
    lastStep: wasKilled ? ended.lastStepSeen : words.lastStep,
    newestCommittedStep: await newestCommittedStep(clients, ended.bucket, userId),
    resumedAtStep: words.resumedAtStep,
  };
}

async function logOf({ s3 }: Clients, bucket: string, userId: string): Promise<string> {
  const keys = await listKeys(s3, bucket, logsPrefix(userId));
  const parts = await Promise.all(keys.map((key) => readText(s3, bucket, key)));
  return parts.join('');
}

async function newestCommittedStep({ s3 }: Clients, bucket: string, userId: string): Promise<number | null> {
  const keys = await listKeys(s3, bucket, checkpointsPrefix(userId));
  const found = keys.filter((key) => key.endsWith(`/${CHECKPOINT_MANIFEST}`));
  const manifests = await Promise.all(found.map((key) => readJson(s3, bucket, key)));
  return newestFirst(manifests.map((each) => checkpointManifestSchema.parse(each)))[0]?.step ?? null;
}

async function accuracyIn(resultsDir: string): Promise<number | null> {
  try {
    const metrics: unknown = JSON.parse(await readFile(path.join(resultsDir, 'metrics.json'), 'utf8'));
    return z.object({ accuracy: z.number() }).parse(metrics).accuracy;
  } catch {
    return null;
  }
}

async function waitUntilReleased({ ec2 }: Clients): Promise<string[]> {
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    const left = (await instancesLeft(ec2)).flatMap(({ InstanceId }) => InstanceId ?? []);
    if (left.length === 0 || waitedMs >= RELEASE_SECONDS * 1000) return left;
    await pause(LOOK_EVERY_MS);
  }
}

/** The on-instance agent. Configured by its environment, which start-agent.sh writes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECRClient } from '@aws-sdk/client-ecr';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { z } from 'zod';
import { SESSION_ID_PATTERN } from '../core/job/job-spec';
import { CloudWatchLogCopy } from './adapters/cloudwatch-log-copy';
import { ecrPassword } from './adapters/ecr-password';
import { Imds } from './adapters/imds';
import { allowMetadata } from './adapters/metadata-access';
import { powerOff } from './adapters/power-off';
import { runTool } from './adapters/run-tool';
import { S3ObjectStore } from './adapters/s3-object-store';
import { readSecret } from './adapters/secrets';
import { systemClock } from './adapters/system-clock';
import { type AgentConfig, type AgentPorts, INTERVALS } from './context';
import type { Log } from './ports';
import { messageOf } from './retry';
import { runAgent } from './run';
import { freeBytesAt } from './staging/free-space';
import { StopLatch } from './stop-latch';
import { UploadJournal } from './uploads/journal';

const environmentSchema = z.object({
  RUNCTL_SESSION_ID: z.string().regex(SESSION_ID_PATTERN),
  RUNCTL_ATTEMPT: z.coerce.number().int().positive(),
  RUNCTL_BUCKET: z.string().min(3),
  RUNCTL_REGION: z.string().min(1),
  RUNCTL_HOME: z.string().startsWith('/').default('/var/lib/runctl'),
  RUNCTL_TRAIN_USER: z.string().default('runctl'),
  RUNCTL_LOG_GROUP: z.string().default(''),
  AWS_EC2_METADATA_SERVICE_ENDPOINT: z.string().default('http://169.254.169.254'),
  AWS_ENDPOINT_URL: z.string().optional(),
});
type Environment = z.infer<typeof environmentSchema>;

/** systemd stops a unit within this; see start-agent.sh. */
const STOP_WITHIN_MS = 240_000;
const CONNECT_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 60_000;

function userNamed(name: string): AgentConfig['user'] {
  if (name === '') return undefined;
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([login]) => login === name);
  if (fields === undefined) throw new Error(`there is no user ${name} on this machine`);
  return { name, uid: Number(fields[2]), gid: Number(fields[3]), home: fields[5] ?? '/' };
}

function wire(env: Environment, log: Log): AgentPorts {
  const client = {
    region: env.RUNCTL_REGION,
    requestHandler: { connectionTimeout: CONNECT_WITHIN_MS, requestTimeout: ANSWER_WITHIN_MS },
  };
  const s3 = new S3Client({
    ...client,
    followRegionRedirects: true,
    // Checked by the agent itself, which puts the ranges of a file together.
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: env.AWS_ENDPOINT_URL !== undefined,
  });
  const sts = new STSClient(client);
  const secretClients = { ssm: new SSMClient(client), secretsManager: new SecretsManagerClient(client) };
  const logs = new CloudWatchLogsClient(client);
  const logGroupName = env.RUNCTL_LOG_GROUP;
  return {
    clock: systemClock,
    log,
    store: new S3ObjectStore(s3, systemClock.now, new UploadJournal(join(env.RUNCTL_HOME, 'uploads.json'))),
    metadata: new Imds(env.AWS_EC2_METADATA_SERVICE_ENDPOINT),
    identify: async () => {
      const { UserId } = await sts.send(new GetCallerIdentityCommand({}));
      if (UserId === undefined) throw new Error('STS answered without a user id');
      return UserId;
    },
    readSecret: (reference) => readSecret(secretClients, reference),
    freeBytes: freeBytesAt,
    openLogCopy: (logStreamName) =>
      logGroupName === '' ? undefined : new CloudWatchLogCopy(logs, { logGroupName, logStreamName }),
    allowMetadata,
    runTool,
    ecrPassword: (region) => ecrPassword(new ECRClient({ ...client, region })),
    powerOff,
  };
}

async function main(): Promise<void> {
  const log: Log = (line) =>
    console.log(`${new Date(systemClock.now()).toISOString()} ${line.replace(/[\r\n]+/g, ' ')}`);
  const env = environmentSchema.parse(process.env);
  const latch = new StopLatch(systemClock, log);
  const leave = new AbortController();
  process.on('SIGTERM', () => {
    const deadlineMs = systemClock.monotonic() + STOP_WITHIN_MS;
    latch.request({ kind: 'interrupted', reason: 'AgentTerminated', deadlineMs, immediate: false });
    leave.abort();
  });
  log(`agent ${env.RUNCTL_SESSION_ID} attempt ${env.RUNCTL_ATTEMPT}, node ${process.version}`);
  const config: AgentConfig = {
    sessionId: env.RUNCTL_SESSION_ID,
    attempt: env.RUNCTL_ATTEMPT,
    bucket: env.RUNCTL_BUCKET,
    region: env.RUNCTL_REGION,
    home: env.RUNCTL_HOME,
    user: userNamed(env.RUNCTL_TRAIN_USER),
    intervals: INTERVALS,
  };
  await runAgent(config, wire(env, log), latch, leave.signal);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`agent: ${messageOf(error)}`);
    process.exit(1);
  },
);

import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clientConfig } from '../../aws/client-config';
import { SsmRunCommand } from '../../aws/ssm-run-command';
import { ENV_SPECS, readEnv } from '../../core/env';
import { advanceWiring, requireRegion } from '../shared/clients';
import { lazy } from '../shared/lazy';
import { withInvocation } from '../shared/with-invocation';
import { startTraining } from './start-training';

const deps = lazy(() => {
  const env = readEnv(ENV_SPECS['start-training'], process.env);
  const runCommand = new SsmRunCommand({
    ssm: new SSMClient(clientConfig),
    s3: new S3Client(clientConfig),
    documentName: env.DOCUMENT_NAME,
    bucket: env.BUCKET_NAME,
    region: requireRegion(),
    assetBucket: env.ASSET_BUCKET,
    agent: { key: env.AGENT_KEY, sha256: env.AGENT_SHA256 },
    runtimes: {
      x86_64: { key: env.NODE_X86_64_KEY, sha256: env.NODE_X86_64_SHA256 },
      arm64: { key: env.NODE_ARM64_KEY, sha256: env.NODE_ARM64_SHA256 },
    },
  });
  return { ...advanceWiring(env), runCommand, pause: sleep };
});

export const handler = withInvocation('start-training', (event, { log }) => startTraining(event, { ...deps(), log }));

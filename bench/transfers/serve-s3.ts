/** The local cloud's S3 alone, in a process of its own: prints its endpoint, and ends with its standard input. */
import { randomUUID } from 'node:crypto';
import { ScaledClock } from '../../local/clock';
import { startGateway } from '../../local/gateway/gateway';
import { createIdentities } from '../../local/identities';
import { createS3 } from '../../local/services/s3/s3';

async function main([dataDir = '', region = '', ...buckets]: string[]): Promise<void> {
  const common = { clock: new ScaledClock(), newId: randomUUID, accountId: '000000000000', region, log: console.error };
  const s3 = createS3({ ...common, dataDir, emitEvent: () => {} });
  for (const bucket of buckets) s3.createBucket(bucket);
  const { endpoint } = await startGateway({
    ...common,
    s3,
    services: [],
    dynamodb: { handle: () => Promise.reject(new Error('There is only S3 here.')) },
    identities: createIdentities(common),
    port: 0,
  });
  console.log(endpoint);
  process.stdin.resume().on('end', () => process.exit(0));
}

void main(process.argv.slice(2));

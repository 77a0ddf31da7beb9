import { randomUUID } from 'node:crypto';
import { ScaledClock } from './local/clock';
import { startGateway } from './local/gateway/gateway';
import { createIdentities } from './local/identities';
import { createS3 } from './local/services/s3/s3';
import { createSts } from './local/services/sts';
async function main() {
  const clock = new ScaledClock(); const newId = randomUUID; const accountId = '000000000000'; const region = 'us-east-1';
  const log = (l: string) => console.log('LOG', l);
  const identities = createIdentities({ newId, clock, accountId });
  const s3 = createS3({ dataDir: '/tmp/gw-data', clock, newId, region, accountId, log, emitEvent: (e) => console.log('EVENT', JSON.stringify(e)) });
  s3.createBucket('events-bucket', { eventBridge: true });
  const g = await startGateway({ services: [createSts({ identities })], s3, dynamodb: { handle: async () => { throw new Error('no'); } }, identities, clock, newId, port: 4599, accountId, region, log });
  console.log(g.endpoint);
}
void main();

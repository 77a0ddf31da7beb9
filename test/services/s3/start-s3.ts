import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { type Clock, ScaledClock } from '../../../local/clock';
import type { Authorize } from '../../../local/gateway/authorize';
import type { AwsEvent } from '../../../local/service';
import { createS3 } from '../../../local/services/s3/s3';
import { ACCOUNT_ID, clientOptions, countingIds, REGION, startTestGateway } from '../../gateway/start-test-gateway';

/** S3 behind a gateway, with a client of it and the bucket `data`. */
export async function startS3(options: { dataDir?: string; clock?: Clock; authorize?: Authorize } = {}) {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 's3-test-'));
  const clock = options.clock ?? new ScaledClock();
  const events: AwsEvent[] = [];
  const newId = countingIds();
  const lines: string[] = [];
  const s3 = createS3({
    dataDir,
    clock,
    newId: () => `${newId()}-${Math.floor(clock.now())}`,
    region: REGION,
    accountId: ACCOUNT_ID,
    emitEvent: (event) => events.push(event),
    log: (line) => lines.push(line),
    ...(options.authorize && { authorize: options.authorize }),
  });
  s3.createBucket('data', { eventBridge: true });
  const gateway = await startTestGateway({ s3, clock });
  const client = new S3Client({ ...clientOptions(gateway), forcePathStyle: true });
  return { s3, gateway, client, events, dataDir, lines };
}

/** Bytes that repeat in no simple way, so that a part out of place shows. */
export function testBytes(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0, value = 12345; at < sizeBytes; at++) {
    value = (value * 1103515245 + 12345) & 0x7fffffff;
    bytes[at] = value >>> 16;
  }
  return bytes;
}

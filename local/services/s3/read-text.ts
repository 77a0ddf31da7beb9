import { Writable } from 'node:stream';
import { receiveBody } from './receive-body';
import type { S3Call } from './s3-call';

/** The small XML body of a call, its checksums verified. A DeleteObjects of a thousand long keys is about 2 MB. */
export async function readText(call: S3Call): Promise<string> {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      chunks.push(chunk);
      callback();
    },
  });
  await receiveBody({ source: call.body, sink, headers: call.headers });
  return Buffer.concat(chunks).toString('utf8');
}

/** Takes in a body as it streams: unwraps its framing, hashes it, and checks every checksum that came with it. */
import type { IncomingHttpHeaders } from 'node:http';
import { PassThrough, type Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../../service';
import { AwsChunkedDecoder } from './aws-chunked';
import {
  asChecksumAlgorithm,
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  checksumHeader,
  createHasher,
  type Hasher,
} from './checksums';

export interface ReceivedBody {
  sizeBytes: number;
  md5: Buffer;
  /** In the algorithm that the request named; base64. */
  checksum?: { algorithm: ChecksumAlgorithm; value: string };
}

export interface ReceiveOptions {
  source: Readable;
  sink: Writable;
  /** Of the request that carries the body; empty for bytes that come from elsewhere. */
  headers: IncomingHttpHeaders;
  /** Computed even when the request names none. */
  algorithm?: ChecksumAlgorithm | undefined;
}

/** @throws AwsError BadDigest, InvalidDigest, IncompleteBody, InvalidRequest. */
export async function receiveBody({ source, sink, headers, algorithm }: ReceiveOptions): Promise<ReceivedBody> {
  const wanted = algorithmOf(headers) ?? algorithm;
  const md5 = createHasher('MD5');
  const hasher = wanted && createHasher(wanted);
  const meter = new HashingStream(hasher ? [md5, hasher] : [md5]);
  const framing = isChunked(headers) ? new AwsChunkedDecoder() : new PassThrough();
  // Not the source itself: a pipeline that fails destroys it, and with a request the connection that the answer needs.
  await pipeline(source.iterator({ destroyOnReturn: false }), framing, meter, sink);
  const received: ReceivedBody = { sizeBytes: meter.sizeBytes, md5: await md5.digest() };
  if (wanted && hasher) received.checksum = { algorithm: wanted, value: (await hasher.digest()).toString('base64') };
  verify(received, headers, framing instanceof AwsChunkedDecoder ? framing.trailers : {});
  return received;
}

class HashingStream extends Transform {
  sizeBytes = 0;

  constructor(readonly hashers: readonly Hasher[]) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: (error: null, data: Buffer) => void): void {
    this.sizeBytes += chunk.length;
    for (const hasher of this.hashers) hasher.update(chunk);
    callback(null, chunk);
  }
}

function isChunked(headers: IncomingHttpHeaders): boolean {
  return (
    headers['x-amz-content-sha256']?.toString().startsWith('STREAMING-') === true ||
    (headers['content-encoding'] ?? '').includes('aws-chunked')
  );
}

function algorithmOf(headers: IncomingHttpHeaders): ChecksumAlgorithm | undefined {
  const trailer = headers['x-amz-trailer']?.toString().toLowerCase().trim();
  return (
    CHECKSUM_ALGORITHMS.find((algorithm) => {
      const name = checksumHeader(algorithm);
      return headers[name] !== undefined || trailer === name;
    }) ?? asChecksumAlgorithm(headers['x-amz-sdk-checksum-algorithm']?.toString())
  );
}

function verify(received: ReceivedBody, headers: IncomingHttpHeaders, trailers: Record<string, string>): void {
  const decodedLength = headers['x-amz-decoded-content-length']?.toString();
  if (decodedLength !== undefined && Number(decodedLength) !== received.sizeBytes) {
    throw new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the length header.');
  }
  const md5 = headers['content-md5']?.toString();
  if (md5 !== undefined && md5 !== received.md5.toString('base64')) {
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  if (!received.checksum) return;
  const { algorithm, value } = received.checksum;
  const name = checksumHeader(algorithm);
  const expected = headers[name]?.toString() ?? trailers[name];
  if (expected === undefined && headers['x-amz-trailer'] !== undefined) {
    throw new AwsError('InvalidRequest', `The trailing header ${name} was announced but did not come.`);
  }
  if (expected !== undefined && expected !== value) {
    throw new AwsError('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  }
}

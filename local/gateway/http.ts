import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { AwsError, type CallContext } from '../service';
import type { WireRequest, WireResponse } from './protocols/protocol';

/** S3 streams its bodies, so it takes the request as it comes. */
export interface S3HttpService {
  handle(request: IncomingMessage, response: ServerResponse, context: S3CallContext): Promise<void>;
}

export interface S3CallContext extends CallContext {
  /** Named by the host instead of the path (bucket.localhost). */
  virtualHostBucket?: string;
}

/** A service that answers for itself, such as DynamoDB: its requests are handed on as they came. */
export interface RawHttpService {
  /** `input` is what the request's body says. */
  handle(request: WireRequest, operation: string, input: object): Promise<WireResponse>;
}

/** A part of the endpoint that is not AWS's, such as the local cloud's own control calls. */
export interface ControlRoute {
  /** Starts with `/_`, which no bucket name can. */
  pathPrefix: `/_${string}`;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** Larger than any call of a service other than S3 (Lambda's payload: 6 MB, DynamoDB's batch: 16 MB). */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** @throws AwsError RequestEntityTooLarge. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) {
      throw new AwsError('RequestEntityTooLarge', 'The request is larger than 32 MiB.', { statusCode: 413 });
    }
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

export function send(response: ServerResponse, wire: WireResponse): void {
  const body = typeof wire.body === 'string' ? Buffer.from(wire.body) : wire.body;
  response.writeHead(wire.statusCode, { ...wire.headers, 'content-length': body.byteLength });
  response.end(body);
}

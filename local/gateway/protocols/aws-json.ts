/** AWS JSON 1.0 and 1.1: POST /, the operation in X-Amz-Target. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
import { JsonCodec2 } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { isTooDeep, TOO_DEEP } from '../../json-text';
import { AwsError } from '../../service';
import { jsonFormat } from './json-format';
import { type Protocol, queryErrorCode, type ReplyContext, type WireRequest } from './protocol';
import { decodeShape } from './shape-decoder';

/** Seconds since the epoch, where a member does not say otherwise: smithy's number for that format. */
const EPOCH_SECONDS = 7;
const FORMAT = jsonFormat(false);

export function awsJson(version: '1.0' | '1.1'): Protocol {
  const contentType = `application/x-amz-json-${version}`;
  return {
    operationName(request, model) {
      const name = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
      return { name, known: model.operations.has(name) };
    },
    decode: (request, schema) => decodeShape(schema, parseJson(request.body), FORMAT) as object,
    encode: (output, schema, _operation, reply) => ({
      statusCode: 200,
      headers: { 'content-type': contentType, 'x-amzn-requestid': reply.requestId },
      body: encodeJson(schema, output, false),
    }),
    encodeError: (error, reply) => ({
      statusCode: error.statusCode,
      headers: { 'content-type': contentType, ...errorHeaders(error, reply) },
      body: JSON.stringify({ __type: error.name, message: error.message, ...error.details }),
    }),
  };
}

/** @throws AwsError SerializationException when the body is not JSON, or is nested too deeply. */
export function parseJson(body: WireRequest['body']): unknown {
  if (body.length === 0) return {};
  const text = body.toString('utf8');
  if (isTooDeep(text)) throw new AwsError('SerializationException', TOO_DEEP);
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON.');
  }
}

export function encodeJson(schema: NormalizedSchema, output: unknown, useJsonName: boolean): Buffer {
  if (schema.isUnitSchema()) return Buffer.from('{}');
  const codec = new JsonCodec2({ timestampFormat: { useTrait: true, default: EPOCH_SECONDS }, jsonName: useJsonName });
  const serializer = codec.createSerializer();
  serializer.write(schema, output);
  // The codec's bytes pretend to be a string when asked for their value, as Buffer.from(bytes) does.
  const { buffer, byteOffset, byteLength } = serializer.flush() as Uint8Array<ArrayBuffer>;
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Clients written for the query protocol branch on its codes, which services that moved to JSON still send. */
export function errorHeaders(error: AwsError, reply: ReplyContext): Record<string, string> {
  const headers: Record<string, string> = { 'x-amzn-requestid': reply.requestId, 'x-amzn-errortype': error.name };
  if (reply.model.queryCompatible) {
    const fault = error.statusCode >= 500 ? 'Receiver' : 'Sender';
    headers['x-amzn-query-error'] = `${queryErrorCode(error, reply.model).code};${fault}`;
  }
  return headers;
}

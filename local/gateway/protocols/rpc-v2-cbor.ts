/** Smithy RPC v2 CBOR, which botocore prefers for CloudWatch. https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
import { CborCodec, cbor } from '@smithy/core/cbor';
import { AwsError } from '../../service';
import { errorHeaders } from './aws-json';
import { jsonFormat } from './json-format';
import type { Protocol } from './protocol';
import { decodeShape, parseTimestamp, type WireFormat } from './shape-decoder';

const HEADERS = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };

/** CBOR has bytes and dates of its own; everything else is as in JSON. */
const FORMAT: WireFormat = {
  ...jsonFormat(false),
  scalar(schema, value) {
    if (schema.isBlobSchema()) return value instanceof Uint8Array ? value : undefined;
    if (schema.isTimestampSchema()) return value instanceof Date ? value : parseTimestamp(untag(value));
    return typeof value === 'bigint' ? Number(value) : value;
  },
};

export const rpcV2Cbor: Protocol = {
  operationName(request, model) {
    const name = /\/operation\/([^/?]+)$/.exec(request.path)?.[1] ?? '';
    return { name, known: model.operations.has(name) };
  },
  decode(request, schema) {
    return decodeShape(schema, request.body.length === 0 ? {} : parseCbor(request.body), FORMAT) as object;
  },
  encode(output, schema, _operation, reply) {
    const serializer = new CborCodec().createSerializer();
    serializer.write(schema.isUnitSchema() ? 15 : schema, output);
    return {
      statusCode: 200,
      headers: { ...HEADERS, 'x-amzn-requestid': reply.requestId },
      body: serializer.flush(),
    };
  },
  encodeError: (error, reply) => ({
    statusCode: error.statusCode,
    headers: { ...HEADERS, ...errorHeaders(error, reply) },
    body: cbor.serialize({ __type: error.name, message: error.message }),
  }),
};

function parseCbor(body: Buffer): unknown {
  try {
    return cbor.deserialize(new Uint8Array(body));
  } catch {
    throw new AwsError('SerializationException', 'The request body is not CBOR.');
  }
}

/** Tag 1 is seconds since the epoch (RFC 8949, 3.4.2). */
function untag(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}

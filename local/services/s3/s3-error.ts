import { XMLBuilder } from 'fast-xml-parser';
import type { WireResponse } from '../../gateway/protocols/protocol';
import type { AwsError } from '../../service';

const builder = new XMLBuilder({ ignoreAttributes: false });

/** An error as S3 writes it. */
export function s3Error(error: AwsError, requestId: string): WireResponse {
  const body = { Error: { Code: error.name, Message: error.message, ...error.details, RequestId: requestId } };
  return {
    statusCode: error.statusCode,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(body)}`,
  };
}

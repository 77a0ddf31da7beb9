import type { IncomingHttpHeaders } from 'node:http';
import { NormalizedSchema } from '@smithy/core/schema';
import type { AwsError } from '../../service';
import type { ServiceModel } from '../models';

/** A whole request of a service other than S3: these are small. */
export interface WireRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface WireResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** One AWS wire protocol, server side. */
export interface Protocol {
  /** `known` tells whether the model has the operation; if not, `name` is for the error message. */
  operationName(request: WireRequest, model: ServiceModel): { name: string; known: boolean };
  decode(request: WireRequest, schema: NormalizedSchema, operation: string, model: ServiceModel): object;
  encode(output: object, schema: NormalizedSchema, operation: string, reply: ReplyContext): WireResponse;
  encodeError(error: AwsError, reply: ReplyContext): WireResponse;
}

export interface ReplyContext {
  model: ServiceModel;
  requestId: string;
}

/** The code that goes over the wire in the query protocols, where it may differ from the error's shape name. */
export function queryErrorCode(error: AwsError, model: ServiceModel): { code: string; statusCode: number } {
  const schema = model.errors.get(error.name);
  const trait = schema && NormalizedSchema.of(schema).getMergedTraits()['awsQueryError'];
  const [code, statusCode] = (trait as [string, number] | undefined) ?? [];
  return { code: code ?? error.name, statusCode: statusCode ?? error.statusCode };
}

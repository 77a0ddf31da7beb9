/** One call of a service other than S3 and DynamoDB: wire protocol in, operation, wire protocol out. */
import { NormalizedSchema } from '@smithy/core/schema';
import { AwsError, type CallContext, LocalUnsupported, type Service } from '../service';
import { type Authorize, transportOf } from './authorize';
import type { RawHttpService } from './http';
import { loadModel, type ServiceModel } from './models';
import { awsJson, parseJson } from './protocols/aws-json';
import { awsQuery } from './protocols/aws-query';
import type { Protocol, WireRequest, WireResponse } from './protocols/protocol';
import { restJson } from './protocols/rest-json';
import { rpcV2Cbor } from './protocols/rpc-v2-cbor';

const JSON_1_0 = awsJson('1.0');
const JSON_1_1 = awsJson('1.1');
const QUERY = awsQuery(false);
const EC2_QUERY = awsQuery(true);

export interface ServiceCall {
  serviceId: string;
  service: Service | undefined;
  request: WireRequest;
  /** A function, because an expired key must be refused in the protocol of the call. */
  context: () => CallContext;
  requestId: string;
  authorize: Authorize | undefined;
  log: (line: string) => void;
}

/** Never throws: every failure is an answer in the shape that the client's protocol expects. */
export async function callService(call: ServiceCall): Promise<WireResponse> {
  const model = (await loadModel(call.serviceId)) ?? unknownModel(call.serviceId);
  const protocol = protocolOf(model, call.request);
  const { name, known } = protocol.operationName(call.request, model);
  const reply = { model, requestId: call.requestId };
  try {
    const operation =
      call.service && Object.hasOwn(call.service.operations, name) ? call.service.operations[name] : undefined;
    const schema = known ? model.operations.get(name) : undefined;
    if (!operation || !schema) throw new LocalUnsupported(call.serviceId, name || 'a call without an operation');
    const context = call.context();
    const input = protocol.decode(call.request, NormalizedSchema.of(schema[4]), name, model);
    const transport = transportOf(call.request.headers);
    call.authorize?.({ caller: context.caller, serviceId: call.serviceId, operation: name, input, transport });
    const output = await operation(input, context);
    return protocol.encode(output, NormalizedSchema.of(schema[5]), name, reply);
  } catch (error) {
    return protocol.encodeError(asAwsError(error, `${call.serviceId}:${name}`, call.log), reply);
  }
}

/** DynamoDB decodes its calls itself; who may make them is still decided here. Never throws. */
export async function callDynamodb(call: ServiceCall, dynamodb: RawHttpService): Promise<WireResponse> {
  const operation = String(call.request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
  try {
    const { caller } = call.context();
    const input = parseJson(call.request.body) as object;
    const transport = transportOf(call.request.headers);
    call.authorize?.({ caller, serviceId: 'dynamodb', operation, input, transport });
    return await dynamodb.handle(call.request, operation, input);
  } catch (error) {
    const reply = { model: unknownModel('dynamodb'), requestId: call.requestId };
    return JSON_1_0.encodeError(asAwsError(error, `dynamodb:${operation}`, call.log), reply);
  }
}

/** A fault of the local cloud itself is an InternalFailure to the client, and a stack trace in the log. */
export function asAwsError(error: unknown, call: string, log: (line: string) => void): AwsError {
  if (error instanceof AwsError) {
    if (error.name === 'LocalUnsupported' || error.name === 'UnknownParameter') log(`${call}: ${error.message}`);
    return error;
  }
  log(`${call} failed: ${error instanceof Error ? error.stack : String(error)}`);
  return new AwsError('InternalFailure', error instanceof Error ? error.message : String(error), { statusCode: 500 });
}

/** Some services speak several protocols; the request says which. */
function protocolOf(model: ServiceModel, request: WireRequest): Protocol {
  const contentType = request.headers['content-type'] ?? '';
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return rpcV2Cbor;
  if (model.protocol === 'restJson') return restJson;
  if (model.protocol === 'ec2Query') return EC2_QUERY;
  if (model.protocol === 'awsQuery' || contentType.startsWith('application/x-www-form-urlencoded')) return QUERY;
  return contentType.includes('json-1.1') || model.protocol === 'awsJson1_1' ? JSON_1_1 : JSON_1_0;
}

function unknownModel(serviceId: string): ServiceModel {
  return {
    serviceId,
    protocol: 'awsJson1_0',
    xmlNamespace: '',
    queryCompatible: false,
    operations: new Map(),
    errors: new Map(),
  };
}

import { AwsError, type InvokeResult } from '../../../service';
import { StateFailure } from '../engine/failure';
import { isObject, type Json, type JsonObject, Payload } from '../json';
import type { Integration } from './integration';
import { httpMetadata } from './metadata';
import { resourceName, type TaskPattern } from './resource-name';
import { type ErrorStyle, serviceFailure } from './service-errors';
import { callContext, type TaskCall } from './task-services';

const ERRORS: ErrorStyle = { prefix: 'Lambda', legacyServiceName: 'AWSLambda', generic: 'AWSLambdaException' };

/** A function's ARN as Resource: its input is the payload, its result is the bare answer. */
export function functionIntegration(arn: string): Integration {
  return {
    waitsForToken: false,
    label: arn,
    call: async (parameters, call) => Payload.parse((await invoke(arn, parameters.value, call)).payload),
  };
}

/** `arn:aws:states:::lambda:invoke`: Payload in, answer and metadata out. */
export function invokeIntegration(pattern: TaskPattern): Integration | undefined {
  if (pattern?.startsWith('sync')) return undefined;
  return {
    names: { resourceType: 'lambda', resource: resourceName('invoke', pattern) },
    waitsForToken: pattern === 'waitForTaskToken',
    label: 'lambda',
    call: async ({ value }, call) => {
      const { FunctionName: name, Payload: payload, Qualifier: qualifier, InvocationType: kind } = asObject(value);
      if (typeof name !== 'string') {
        throw new StateFailure('States.Runtime', "The field 'FunctionName' is required but was missing");
      }
      if (kind === 'Event') {
        return answerEvent(name, payload, call);
      }
      const result = await invoke(typeof qualifier === 'string' ? `${name}:${qualifier}` : name, payload ?? {}, call);
      return answer(result, typeof qualifier === 'string' ? qualifier : '$LATEST', call);
    },
  };
}

function answer(result: InvokeResult, version: string, call: TaskCall): Payload {
  const output = JSON.parse(result.payload) as Json;
  const metadata = httpMetadata(call.requestId, {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(result.payload)),
    'X-Amz-Executed-Version': version,
  });
  return new Payload({ ExecutedVersion: version, Payload: output, ...metadata, StatusCode: 200 });
}

/** An asynchronous invocation is accepted at once; what becomes of it is nobody's business here. */
function answerEvent(name: string, payload: Json | undefined, call: TaskCall): Payload {
  call.services.invokeFunction(name, payload ?? {}, callContext(call).caller).catch(() => undefined);
  return new Payload({ Payload: {}, ...httpMetadata(call.requestId, { 'Content-Length': '0' }, 202), StatusCode: 202 });
}

async function invoke(nameOrArn: string, payload: Json, call: TaskCall): Promise<InvokeResult> {
  let result: InvokeResult;
  try {
    result = await call.services.invokeFunction(nameOrArn, payload, callContext(call).caller);
  } catch (error) {
    throw error instanceof AwsError ? serviceFailure(error, ERRORS, call.requestId) : error;
  }
  if (result.functionError !== undefined) throw functionFailure(result.payload);
  return result;
}

/** A function's error is its errorType; the cause is the whole payload, as text. */
function functionFailure(payload: string): StateFailure {
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload);
  } catch {
    parsed = undefined;
  }
  const errorType = isObject(parsed) ? parsed['errorType'] : undefined;
  if (typeof errorType === 'string') return new StateFailure(errorType, payload);
  return new StateFailure(
    'Lambda.Unknown',
    `The cause could not be determined because Lambda did not return an error type. Returned payload: ${payload}`,
  );
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}

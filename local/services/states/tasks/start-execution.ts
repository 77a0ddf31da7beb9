import { StateFailure } from '../engine/failure';
import { isObject, type Json, type JsonObject, Payload, toJson } from '../json';
import type { Integration } from './integration';
import { firstLower, firstUpper, renameMembers } from './member-names';
import { httpMetadata } from './metadata';
import { resourceName, type TaskPattern } from './resource-name';
import { type ErrorStyle, serviceFailure } from './service-errors';
import { callContext } from './task-services';

const ERRORS: ErrorStyle = {
  prefix: 'StepFunctions',
  legacyServiceName: 'AWSStepFunctions',
  generic: 'AWSStepFunctionsException',
};

/**
 * `arn:aws:states:::states:startExecution`: another execution, which `.sync` waits for; its output is text with `.sync`
 * and JSON with `.sync:2` (LocalStack recordings test_start_execution_sync, test_start_execution_sync2).
 */
export function startExecutionIntegration(pattern: TaskPattern): Integration {
  const integration: Integration = {
    names: { resourceType: 'states', resource: resourceName('startExecution', pattern) },
    waitsForToken: pattern === 'waitForTaskToken',
    label: 'states',
    call: async ({ value }, call) => {
      try {
        const context = callContext(call);
        const started = await call.services.dispatch('states', 'StartExecution', request(value), context);
        const output = renameMembers(withNumericDates(started), firstUpper) as JsonObject;
        return new Payload({
          ...output,
          ...httpMetadata(call.requestId, { 'Content-Type': 'application/x-amz-json-1.0' }),
        });
      } catch (error) {
        throw serviceFailure(error, ERRORS, call.requestId);
      }
    },
  };
  if (pattern !== 'sync' && pattern !== 'sync:2') return integration;
  return {
    ...integration,
    follow: async (started, call) => outcome(await call.services.executionEnd(executionArn(started)), pattern),
    cancel: async (started, call) => {
      // Words measured on AWS (floci, AslExecutorParallelCutTest).
      const cause = `The Task state in AWS Step Functions execution [${call.executionArn}] which was managing this resource was aborted`;
      await call.services.dispatch(
        'states',
        'StopExecution',
        { executionArn: executionArn(started), cause },
        callContext(call),
      );
    },
  };
}

function executionArn({ value }: Payload): string {
  return isObject(value) ? String(value['ExecutionArn']) : '';
}

function request(parameters: Json): JsonObject {
  const { Input: input, ...others } = isObject(parameters) ? parameters : {};
  const renamed = renameMembers(others, firstLower) as JsonObject;
  if (input === undefined || input === null) return renamed;
  return { ...renamed, input: typeof input === 'string' ? input : JSON.stringify(input) };
}

/** @throws StateFailure States.TaskFailed with the whole description as its cause, unless the execution succeeded */
function outcome(description: object, pattern: 'sync' | 'sync:2'): Payload {
  const {
    redriveCount: _count,
    redriveStatus: _status,
    redriveStatusReason: _reason,
    ...shown
  } = withNumericDates(description) as JsonObject;
  const output = renameMembers(shown, firstUpper) as JsonObject;
  if (output['Status'] !== 'SUCCEEDED') throw new StateFailure('States.TaskFailed', JSON.stringify(output));
  if (pattern === 'sync:2') {
    for (const member of ['Input', 'Output']) output[member] = JSON.parse(String(output[member])) as Json;
  }
  return new Payload(output);
}

/** Optimized integrations give dates as milliseconds. */
function withNumericDates(members: object): Json {
  const entries = Object.entries(members).map(([name, value]) => [
    name,
    value instanceof Date ? value.getTime() : value,
  ]);
  return toJson(Object.fromEntries(entries));
}

import type { SendTaskFailureInput, SendTaskHeartbeatInput, SendTaskSuccessInput } from '@aws-sdk/client-sfn';
import { AwsError } from '../../../service';
import { MAX_PAYLOAD_BYTES, Payload } from '../json';
import type { TaskTokens } from '../tasks/tokens';
import { jsonProblem, required } from './errors';

/** @throws AwsError InvalidOutput, InvalidToken, TaskTimedOut */
export function sendTaskSuccess(tokens: TaskTokens, { taskToken, output }: SendTaskSuccessInput): object {
  const text = required(output, 'output');
  const holder = tokens.holder(required(taskToken, 'taskToken'));
  if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES) throw invalidOutput('The output is larger than 262144 bytes');
  const problem = jsonProblem(text);
  if (problem) throw invalidOutput(problem);
  holder.succeed(Payload.parse(text));
  return {};
}

/** @throws AwsError InvalidToken, TaskTimedOut */
export function sendTaskFailure(tokens: TaskTokens, { taskToken, error, cause }: SendTaskFailureInput): object {
  tokens.holder(required(taskToken, 'taskToken')).fail(error, cause);
  return {};
}

/** @throws AwsError InvalidToken, TaskTimedOut */
export function sendTaskHeartbeat(tokens: TaskTokens, { taskToken }: SendTaskHeartbeatInput): object {
  tokens.holder(required(taskToken, 'taskToken')).heartbeat();
  return {};
}

function invalidOutput(problem: string): AwsError {
  return new AwsError('InvalidOutput', `Invalid Output: '${problem}'`);
}

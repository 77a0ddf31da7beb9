/** Tasks of the state machine that wait for a token. */
import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { TaskCallback } from '../core/ports';
import { hasCode } from './errors';

/** Step Functions' own limits. */
const ERROR_LENGTH = 256;
const CAUSE_LENGTH = 32_768;

export class SfnTaskCallback implements TaskCallback {
  constructor(private readonly client: SFNClient) {}

  succeed(token: string, output: object): Promise<'done' | 'expired'> {
    return ifAwaited(
      this.client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(output) })),
    );
  }

  fail(token: string, error: string, cause: string): Promise<'done' | 'expired'> {
    return ifAwaited(
      this.client.send(
        new SendTaskFailureCommand({
          taskToken: token,
          error: error.slice(0, ERROR_LENGTH),
          cause: cause.slice(0, CAUSE_LENGTH),
        }),
      ),
    );
  }

  heartbeat(token: string): Promise<'done' | 'expired'> {
    return ifAwaited(this.client.send(new SendTaskHeartbeatCommand({ taskToken: token })));
  }
}

async function ifAwaited(call: Promise<unknown>): Promise<'done' | 'expired'> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (hasCode(error, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken')) return 'expired';
    throw error;
  }
}

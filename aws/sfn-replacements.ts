/** Executions of the state machine that makes an attempt ready while an older one trains: statemachines/replacement.asl.json. */
import { createHash } from 'node:crypto';
import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Replacements } from '../core/ports';
import { hasCode } from './errors';

export class SfnReplacements implements Replacements {
  constructor(
    private readonly client: SFNClient,
    private readonly stateMachineArn: string,
  ) {}

  /** One execution for an attempt, by its name, which has at most 80 characters and is not used again for 90 days. */
  async prepare(which: { sessionId: string; attempt: number }): Promise<void> {
    const input = JSON.stringify(which);
    const name = createHash('sha256').update(input).digest('hex');
    try {
      await this.client.send(new StartExecutionCommand({ stateMachineArn: this.stateMachineArn, name, input }));
    } catch (error) {
      if (!hasCode(error, 'ExecutionAlreadyExists')) throw error;
    }
  }
}

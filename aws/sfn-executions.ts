/** Executions of the stack's state machine. */
import { DescribeExecutionCommand, ListExecutionsCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { Executions } from '../core/ports';
import { hasCode } from './errors';
import { pages } from './pages';

export class SfnExecutions implements Executions {
  constructor(
    private readonly client: SFNClient,
    private readonly stateMachineArn: string,
  ) {}

  async status(executionArn: string): Promise<string | undefined> {
    try {
      const { status } = await this.client.send(new DescribeExecutionCommand({ executionArn }));
      return status;
    } catch (error) {
      if (hasCode(error, 'ExecutionDoesNotExist')) return undefined;
      throw error;
    }
  }

  async running(): Promise<Set<string>> {
    const arns = new Set<string>();
    const executions = pages(async (token) => {
      const { executions: items, nextToken: next } = await this.client.send(
        new ListExecutionsCommand({
          stateMachineArn: this.stateMachineArn,
          statusFilter: 'RUNNING',
          maxResults: 1000,
          ...(token === undefined ? {} : { nextToken: token }),
        }),
      );
      return { items, next };
    });
    for await (const { executionArn } of executions) if (executionArn !== undefined) arns.add(executionArn);
    return arns;
  }
}

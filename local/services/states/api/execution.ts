import type { DescribeExecutionOutput, ExecutionListItem, ExecutionStatus } from '@aws-sdk/client-sfn';
import type { Run, RunEnd } from '../engine/run';
import type { Payload } from '../json';
import type { StateMachine } from './state-machines';

/** One execution as the API shows it. */
export class Execution {
  end: RunEnd | undefined;
  stoppedAt: Date | undefined;
  /** Called once it has ended. */
  readonly watchers: Array<() => void> = [];

  constructor(
    readonly arn: string,
    readonly name: string,
    readonly stateMachine: StateMachine,
    readonly input: Payload,
    readonly run: Run,
  ) {}

  get startedAt(): Date {
    return new Date(this.run.startedAtMs);
  }

  get status(): ExecutionStatus {
    return this.end?.status ?? 'RUNNING';
  }

  /** What of redriving AWS would say; the call itself is not supported. */
  get redrive() {
    const isRedrivable = this.end !== undefined && this.end.status !== 'SUCCEEDED';
    return isRedrivable
      ? { redriveCount: 0, redriveStatus: 'REDRIVABLE' as const }
      : {
          redriveCount: 0,
          redriveStatus: 'NOT_REDRIVABLE' as const,
          redriveStatusReason: `Execution is ${this.status} and cannot be redriven`,
        };
  }

  describe(): DescribeExecutionOutput {
    const { end } = this;
    return {
      executionArn: this.arn,
      stateMachineArn: this.stateMachine.arn,
      name: this.name,
      status: this.status,
      startDate: this.startedAt,
      ...(this.stoppedAt && { stopDate: this.stoppedAt }),
      input: this.input.text,
      inputDetails: { included: true },
      ...(end?.output && { output: end.output.text, outputDetails: { included: true } }),
      ...(end?.error !== undefined && { error: end.error }),
      ...(end?.cause !== undefined && { cause: end.cause }),
      ...this.redrive,
    };
  }

  listItem(): ExecutionListItem {
    return {
      executionArn: this.arn,
      stateMachineArn: this.stateMachine.arn,
      name: this.name,
      status: this.status,
      startDate: this.startedAt,
      ...(this.stoppedAt && { stopDate: this.stoppedAt }),
      redriveCount: 0,
    };
  }
}

import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import type { CallContext, Dispatch, InvokeFunction } from '../../../service';

/** What tasks reach outside of the interpreter. */
export interface TaskServices {
  readonly accountId: string;
  readonly region: string;
  readonly dispatch: Dispatch;
  readonly invokeFunction: InvokeFunction;
  readonly newId: () => string;
  /** Resolves with the description of an execution once it has ended. */
  readonly executionEnd: (executionArn: string) => Promise<DescribeExecutionOutput>;
}

/** What one call of a task needs to know of its execution. */
export interface TaskCall {
  readonly services: TaskServices;
  readonly roleArn: string;
  readonly executionArn: string;
  readonly executionName: string;
  readonly requestId: string;
}

/** The caller of a task's API calls: the state machine's role, assumed for this execution. */
export function callContext({ services, roleArn, executionName, requestId }: TaskCall): CallContext {
  const { accountId, region } = services;
  const roleName = roleArn.split('/').pop() ?? roleArn;
  const session = executionName.slice(0, 64);
  return {
    caller: {
      accessKeyId: `ASIASTATES${roleName.toUpperCase().replace(/[^A-Z0-9]/g, '')}`.slice(0, 20),
      accountId,
      arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${session}`,
      userId: `AROA${roleName.toUpperCase().replace(/[^A-Z0-9]/g, '')}:${session}`,
      roleName,
    },
    accountId,
    region,
    requestId,
  };
}

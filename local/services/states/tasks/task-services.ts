import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import type { CallContext, Dispatch, InvokeFunction } from '../../../service';

/** What tasks reach outside of the interpreter. */
export interface TaskServices {
  readonly accountId: string;
  readonly region: string;
  readonly dispatch: Dispatch;
  readonly invokeFunction: InvokeFunction;
  readonly contextForRole: (roleName: string, sessionName: string) => CallContext;
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
  const roleName = roleArn.split('/').pop() ?? roleArn;
  return { ...services.contextForRole(roleName, executionName.slice(0, 64)), requestId };
}

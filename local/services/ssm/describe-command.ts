/** Commands and invocations, as SSM's answers show them. */
import type { ParameterValues } from './document-parameters';
import type { Invocation, StepReport } from './invocation';

export interface Command {
  commandId: string;
  documentName: string;
  comment: string;
  parameters: ParameterValues;
  requestedAtMs: number;
  expiresAtMs: number;
  timeoutSeconds: number;
  invocations: Invocation[];
  status: string;
}

/** CommandPlugin.Output. */
const MOST_OUTPUT_CHARACTERS = 2500;

/** ISO 8601 duration. */
export function elapsed({ startedAtMs, endedAtMs }: StepReport): string {
  return startedAtMs === undefined || endedAtMs === undefined ? '' : `PT${Math.round(endedAtMs - startedAtMs) / 1000}S`;
}

export function overallStatus({ invocations }: Command): string {
  const statuses = invocations.map(({ status }) => status);
  if (statuses.every((status) => status === 'Pending')) return 'Pending';
  if (!invocations.every(({ hasEnded }) => hasEnded))
    return statuses.includes('Cancelling') ? 'Cancelling' : 'InProgress';
  return (['Failed', 'TimedOut', 'Cancelled'] as const).find((status) => statuses.includes(status)) ?? 'Success';
}

export function describeCommand(command: Command) {
  const { invocations } = command;
  return {
    CommandId: command.commandId,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    Comment: command.comment,
    ExpiresAfter: new Date(command.expiresAtMs),
    Parameters: command.parameters,
    InstanceIds: invocations.map(({ node }) => node.instanceId),
    Targets: [],
    RequestedDateTime: new Date(command.requestedAtMs),
    Status: command.status,
    StatusDetails: command.status,
    MaxConcurrency: '50',
    MaxErrors: '0',
    TargetCount: invocations.length,
    CompletedCount: invocations.filter(({ hasEnded }) => hasEnded).length,
    ErrorCount: invocations.filter(({ status }) => status === 'Failed' || status === 'TimedOut').length,
    DeliveryTimedOutCount: invocations.filter(({ statusDetails }) => statusDetails === 'DeliveryTimedOut').length,
    TimeoutSeconds: command.timeoutSeconds,
  };
}

export function describeInvocation(command: Command, invocation: Invocation, withDetails: boolean | undefined) {
  return {
    CommandId: command.commandId,
    InstanceId: invocation.node.instanceId,
    InstanceName: '',
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    RequestedDateTime: new Date(command.requestedAtMs),
    Status: invocation.status,
    StatusDetails: invocation.statusDetails,
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: withDetails ? invocation.steps.map(describeStep) : [],
  };
}

function describeStep(step: StepReport) {
  const stderr = step.stderr ? `\n----------ERROR-------\n${step.stderr}` : '';
  return {
    Name: step.name,
    Status: step.status,
    StatusDetails: step.statusDetails,
    ResponseCode: step.responseCode,
    ResponseStartDateTime: step.startedAtMs === undefined ? undefined : new Date(step.startedAtMs),
    ResponseFinishDateTime: step.endedAtMs === undefined ? undefined : new Date(step.endedAtMs),
    Output: `${step.stdout}${stderr}`.slice(0, MOST_OUTPUT_CHARACTERS),
    StandardOutputUrl: '',
    StandardErrorUrl: '',
  };
}

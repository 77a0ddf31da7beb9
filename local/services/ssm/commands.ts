/** SendCommand and what can be asked about a command afterwards. */
import type {
  CancelCommandRequest,
  GetCommandInvocationRequest,
  ListCommandInvocationsRequest,
  ListCommandsRequest,
  SendCommandRequest,
} from '@aws-sdk/client-ssm';
import type { Clock } from '../../clock';
import { AwsError, type EmitEvent, LocalUnsupported } from '../../service';
import { type NewId, uuid } from '../ec2/ids';
import { type Command, describeCommand, describeInvocation, elapsed, overallStatus } from './describe-command';
import { resolveParameters, resolveStep } from './document-parameters';
import type { Documents } from './documents';
import { Invocation, type StepReport } from './invocation';
import { type FindNodes, findManagedNodes } from './nodes';
import { paginate } from './page';

export interface CommandsOptions {
  clock: Clock;
  newId: NewId;
  accountId: string;
  region: string;
  emitEvent: EmitEvent;
  nodes: FindNodes;
}

const MEMBERS = [
  'InstanceIds',
  'Targets',
  'DocumentName',
  'DocumentVersion',
  'TimeoutSeconds',
  'Comment',
  'Parameters',
];
/** They change nothing here, or are checked to ask for nothing. */
const HARMLESS = ['MaxConcurrency', 'MaxErrors', 'ServiceRoleArn', 'NotificationConfig', 'CloudWatchOutputConfig'];
const DEFAULT_TIMEOUT_SECONDS = 3600;
/** A document with its parameter values. */
const MOST_DOCUMENT_BYTES = 64 * 1024;
export class Commands {
  readonly #commands = new Map<string, Command>();

  constructor(
    readonly documents: Documents,
    readonly options: CommandsOptions,
  ) {}

  send(input: SendCommandRequest) {
    checkMembers(input);
    const document = this.documents.find(input.DocumentName ?? '');
    const { accountId, clock, newId, nodes } = this.options;
    const parameters = resolveParameters(document.content, input.Parameters ?? {});
    if (document.text.length + JSON.stringify(parameters).length > MOST_DOCUMENT_BYTES) {
      throw new AwsError('MaxDocumentSizeExceeded', 'The size limit of a document is 64 KB.');
    }
    const found = findManagedNodes(nodes, targetIds(input), accountId);
    const steps = document.content.mainSteps.map((step) => resolveStep(step, parameters));
    const timeoutSeconds = input.TimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    const now = clock.now();
    const command: Command = {
      commandId: uuid(newId),
      documentName: document.name,
      comment: input.Comment ?? '',
      parameters,
      requestedAtMs: now,
      expiresAtMs: now + steps.reduce((sum, step) => sum + step.timeoutSeconds, timeoutSeconds) * 1000,
      timeoutSeconds,
      invocations: [],
      status: 'Pending',
    };
    this.#commands.set(command.commandId, command);
    command.invocations = found.map((node) => this.#invoke(command, node, steps));
    return { Command: describeCommand(command) };
  }

  cancel(input: CancelCommandRequest) {
    const command = this.#find(input.CommandId);
    for (const invocation of command.invocations) {
      if (!input.InstanceIds?.length || input.InstanceIds.includes(invocation.node.instanceId)) invocation.cancel();
    }
    return {};
  }

  getInvocation(input: GetCommandInvocationRequest) {
    const command = this.#commands.get(input.CommandId ?? '');
    const invocation = command?.invocations.find(({ node }) => node.instanceId === input.InstanceId);
    if (!command || !invocation) throw new AwsError('InvocationDoesNotExist', '');
    const step = findStep(invocation, input.PluginName);
    return {
      CommandId: command.commandId,
      InstanceId: invocation.node.instanceId,
      Comment: command.comment,
      DocumentName: command.documentName,
      DocumentVersion: '$DEFAULT',
      PluginName: step.name,
      ResponseCode: step.responseCode,
      ExecutionStartDateTime: step.startedAtMs === undefined ? '' : new Date(step.startedAtMs).toISOString(),
      ExecutionElapsedTime: elapsed(step),
      ExecutionEndDateTime: step.endedAtMs === undefined ? '' : new Date(step.endedAtMs).toISOString(),
      // Of the whole command while it runs, then of the step.
      Status: invocation.hasEnded ? step.status : invocation.status,
      StatusDetails: invocation.hasEnded ? step.statusDetails : invocation.statusDetails,
      StandardOutputContent: step.stdout,
      StandardOutputUrl: '',
      StandardErrorContent: step.stderr,
      StandardErrorUrl: '',
      CloudWatchOutputConfig: { CloudWatchLogGroupName: '', CloudWatchOutputEnabled: false },
    };
  }

  listInvocations(input: ListCommandInvocationsRequest) {
    const all = [...this.#commands.values()]
      .filter((command) => !input.CommandId || command.commandId === input.CommandId)
      .flatMap((command) => command.invocations.map((invocation) => ({ command, invocation })))
      .filter(({ invocation }) => !input.InstanceId || invocation.node.instanceId === input.InstanceId)
      .reverse();
    const { items, NextToken } = paginate(all, input);
    return {
      CommandInvocations: items.map(({ command, invocation }) =>
        describeInvocation(command, invocation, input.Details),
      ),
      NextToken,
    };
  }

  list(input: ListCommandsRequest) {
    const all = [...this.#commands.values()]
      .filter((command) => !input.CommandId || command.commandId === input.CommandId)
      .filter(
        ({ invocations }) => !input.InstanceId || invocations.some(({ node }) => node.instanceId === input.InstanceId),
      )
      .reverse();
    const { items, NextToken } = paginate(all, input);
    return { Commands: items.map(describeCommand), NextToken };
  }

  #find(commandId: string | undefined): Command {
    const command = this.#commands.get(commandId ?? '');
    if (!command) throw new AwsError('InvalidCommandId', 'The specified command ID is not valid.');
    return command;
  }

  #invoke(command: Command, node: Invocation['node'], steps: Invocation['request']['steps']): Invocation {
    const invocation: Invocation = new Invocation(node, {
      commandId: command.commandId,
      steps,
      deliveryTimeoutSeconds: command.timeoutSeconds,
      clock: this.options.clock,
      changed: () => this.#changed(command, invocation),
    });
    return invocation;
  }

  #changed(command: Command, invocation: Invocation): void {
    const { region, accountId, emitEvent, clock } = this.options;
    const { instanceId } = invocation.node;
    const common = {
      'command-id': command.commandId,
      'document-name': command.documentName,
      'requested-date-time': new Date(command.requestedAtMs).toISOString(),
    };
    const time = new Date(clock.now()).toISOString();
    emitEvent({
      source: 'aws.ssm',
      'detail-type': 'EC2 Command Invocation Status-change Notification',
      resources: [`arn:aws:ec2:${region}:${accountId}:instance/${instanceId}`],
      detail: { ...common, 'instance-id': instanceId, status: invocation.status },
      time,
    });
    const status = overallStatus(command);
    if (status === command.status) return;
    command.status = status;
    emitEvent({
      source: 'aws.ssm',
      'detail-type': 'EC2 Command Status-change Notification',
      resources: [],
      detail: {
        ...common,
        'expire-after': new Date(command.expiresAtMs).toISOString(),
        parameters: command.parameters,
        status,
      },
      time,
    });
  }
}

function checkMembers(input: SendCommandRequest): void {
  const unknown = Object.entries(input).find(
    ([name, value]) => value !== undefined && ![...MEMBERS, ...HARMLESS].includes(name),
  );
  if (unknown) throw new LocalUnsupported('ssm', `${unknown[0]} of SendCommand`);
  if (input.CloudWatchOutputConfig?.CloudWatchOutputEnabled)
    throw new LocalUnsupported('ssm', 'CloudWatchOutputConfig');
  if (input.NotificationConfig?.NotificationArn) throw new LocalUnsupported('ssm', 'NotificationConfig');
  if (!['1', '$DEFAULT', '$LATEST', undefined].includes(input.DocumentVersion)) {
    throw new AwsError('InvalidDocumentVersion', 'The document version is not valid or does not exist.');
  }
}

/** @throws AwsError when it names no instances, or too many */
function targetIds(input: SendCommandRequest): string[] {
  const foreign = input.Targets?.find(({ Key }) => !['InstanceIds', 'instanceids'].includes(Key ?? ''));
  if (foreign) throw new LocalUnsupported('ssm', `the target ${foreign.Key}`);
  const ids = [...(input.InstanceIds ?? []), ...(input.Targets?.flatMap(({ Values }) => Values ?? []) ?? [])];
  if (ids.length === 0 || ids.length > 50) {
    throw new AwsError('ValidationException', 'Between 1 and 50 instance ids must be given.');
  }
  return ids;
}

/** @throws AwsError InvalidPluginName when it is unknown, or missing where there are several steps */
function findStep(invocation: Invocation, pluginName: string | undefined): StepReport {
  const step =
    pluginName === undefined && invocation.steps.length === 1
      ? invocation.steps[0]
      : invocation.steps.find(({ name }) => name === pluginName || `aws:${name}` === pluginName);
  if (!step) throw new AwsError('InvalidPluginName', 'The plugin name is not valid.');
  return step;
}

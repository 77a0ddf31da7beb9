/**
 * AWS Step Functions (Standard) of the local cloud: the API, and the interpreter behind it. Inputs and outputs have the
 * shapes of the AWS SDK for JavaScript v3. `README.md` beside this file says what is supported.
 */
import type { Clock } from '../../clock';
import type { CallContext, Dispatch, EmitEvent, InvokeFunction, Operation, Service } from '../../service';
import { required } from './api/errors';
import { ExecutionStore } from './api/execution-store';
import { Executions } from './api/executions';
import { StateMachines } from './api/state-machines';
import { sendTaskFailure, sendTaskHeartbeat, sendTaskSuccess } from './api/task-replies';
import { diagnose } from './definition/parse';
import type { TaskServices } from './tasks/task-services';
import { TaskTokens } from './tasks/tokens';

export interface StatesOptions {
  clock: Clock;
  /** Unique ids: executions without a name, task tokens, request ids, `$uuid()`. */
  newId: () => string;
  /** In [0, 1): jitter, `$random()`. */
  random: () => number;
  accountId: string;
  region: string;
  dispatch: Dispatch;
  invokeFunction: InvokeFunction;
  /** The calls of an execution are those of its state machine's role. */
  contextForRole: (roleName: string, sessionName: string) => CallContext;
  emitEvent: EmitEvent;
  /** Executions are kept here, and those of earlier lives are there again. Undefined: in memory. */
  folder?: string;
}

export interface StatesService extends Service {
  readonly id: 'states';
  /** Names of executions that ran when an earlier life ended. Their end is told, once everybody who listens is there. */
  announceLost(): string[];
  close(): Promise<void>;
}

/** With the same clock, ids and chance, the same calls make the same histories. */
export function createStatesService(options: StatesOptions): StatesService {
  const { clock, newId, accountId, region, dispatch, invokeFunction, contextForRole } = options;
  const tokens = new TaskTokens(newId);
  const stateMachines = new StateMachines({ clock, newId, accountId, region });
  const services: TaskServices = {
    accountId,
    region,
    dispatch,
    invokeFunction,
    contextForRole,
    newId,
    executionEnd: (arn) => executions.ended(arn),
  };
  const store = options.folder === undefined ? undefined : new ExecutionStore(options.folder);
  const executions: Executions = new Executions({ ...options, tokens, services, stateMachines, store });
  const operations: Record<string, Operation> = {
    CreateStateMachine: async (input) => stateMachines.create(input),
    UpdateStateMachine: async (input) => stateMachines.update(input),
    DeleteStateMachine: async (input) => stateMachines.delete(input.stateMachineArn),
    DescribeStateMachine: async (input) => stateMachines.describe(input.stateMachineArn),
    ListStateMachines: async (input) => stateMachines.list(input),
    TagResource: async (input) => stateMachines.tag(stateMachines.get(input.resourceArn).arn, input.tags ?? []),
    UntagResource: async (input) => stateMachines.untag(stateMachines.get(input.resourceArn).arn, input.tagKeys ?? []),
    ListTagsForResource: async (input) => stateMachines.tags(stateMachines.get(input.resourceArn).arn),
    ValidateStateMachineDefinition: async (input) => diagnose(required(input.definition, 'definition'), input),
    StartExecution: async (input) => executions.start(input),
    StopExecution: async (input) => executions.stop(input),
    DescribeExecution: async (input) => executions.describe(input.executionArn),
    DescribeStateMachineForExecution: async (input) => executions.describeStateMachine(input.executionArn),
    ListExecutions: async (input) => executions.list(input),
    GetExecutionHistory: async (input) => executions.history(input),
    SendTaskSuccess: async (input) => sendTaskSuccess(tokens, input),
    SendTaskFailure: async (input) => sendTaskFailure(tokens, input),
    SendTaskHeartbeat: async (input) => sendTaskHeartbeat(tokens, input),
  };
  const announceLost = () => executions.announceLost();
  return { id: 'states', operations, announceLost, close: async () => executions.close() };
}

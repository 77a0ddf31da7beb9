import type { Clock } from '../../../clock';
import type { StateMachineDefinition } from '../definition/types';
import type { Payload } from '../json';
import type { TaskServices } from '../tasks/task-services';
import type { TaskTokens } from '../tasks/tokens';

export interface RunOptions {
  executionArn: string;
  name: string;
  stateMachine: { arn: string; name: string; roleArn: string; definition: StateMachineDefinition };
  input: Payload;
  clock: Clock;
  newId: () => string;
  random: () => number;
  tokens: TaskTokens;
  services: TaskServices;
}

import { isDeepStrictEqual } from 'node:util';
import type {
  CreateStateMachineInput,
  CreateStateMachineOutput,
  DescribeStateMachineOutput,
  ListStateMachinesInput,
  ListStateMachinesOutput,
  LoggingConfiguration,
  Tag,
  TracingConfiguration,
  UpdateStateMachineInput,
  UpdateStateMachineOutput,
} from '@aws-sdk/client-sfn';
import type { Clock } from '../../../clock';
import { AwsError, LocalUnsupported } from '../../../service';
import { parseDefinition } from '../definition/parse';
import type { StateMachineDefinition } from '../definition/types';
import { checkName, doesNotExist, invalidArn, required } from './errors';
import { page } from './paging';

/** A state machine as it stands now; an execution keeps the one that it started with. */
export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definitionText: string;
  readonly definition: StateMachineDefinition;
  readonly logging: LoggingConfiguration;
  /** Kept and shown; the local cloud has no tracing. */
  readonly tracing: TracingConfiguration;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly revisionId: string | undefined;
}

const NO_LOGGING: LoggingConfiguration = { level: 'OFF', includeExecutionData: false };

/** State machines by ARN, with their tags. */
export class StateMachines {
  readonly #options: { clock: Clock; newId: () => string; accountId: string; region: string };
  readonly #machines = new Map<string, StateMachine>();
  readonly #tags = new Map<string, Map<string, string>>();

  constructor(options: { clock: Clock; newId: () => string; accountId: string; region: string }) {
    this.#options = options;
  }

  /** @throws AwsError StateMachineDoesNotExist, InvalidArn */
  get(arn: string | undefined): StateMachine {
    const wanted = required(arn, 'stateMachineArn');
    const machine = this.#machines.get(wanted);
    if (machine) return machine;
    if (!wanted.startsWith('arn:')) throw invalidArn(wanted);
    throw doesNotExist('StateMachine', wanted);
  }

  create(input: CreateStateMachineInput): CreateStateMachineOutput {
    rejectUnsupported(input);
    const { accountId, region } = this.#options;
    const name = checkName(required(input.name, 'name'));
    const arn = `arn:aws:states:${region}:${accountId}:stateMachine:${name}`;
    const definitionText = required(input.definition, 'definition');
    const now = new Date(this.#options.clock.now());
    const machine: StateMachine = {
      arn,
      name,
      roleArn: required(input.roleArn, 'roleArn'),
      definitionText,
      definition: parseDefinition(definitionText),
      logging: checkLogging(input.loggingConfiguration ?? NO_LOGGING),
      tracing: input.tracingConfiguration ?? { enabled: false },
      createdAt: now,
      updatedAt: now,
      revisionId: undefined,
    };
    const existing = this.#machines.get(arn);
    if (existing && !isSame(existing, machine)) {
      throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    }
    if (!existing) {
      this.#machines.set(arn, machine);
      this.tag(arn, input.tags ?? []);
    }
    return { stateMachineArn: arn, creationDate: (existing ?? machine).createdAt };
  }

  update(input: UpdateStateMachineInput): UpdateStateMachineOutput {
    rejectUnsupported(input);
    const machine = this.get(input.stateMachineArn);
    const { definition, roleArn, loggingConfiguration: logging, tracingConfiguration: tracing } = input;
    if (definition === undefined && roleArn === undefined && logging === undefined && tracing === undefined) {
      throw new AwsError(
        'MissingRequiredParameter',
        'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
      );
    }
    const updatedAt = new Date(this.#options.clock.now());
    const revisionId = this.#options.newId();
    this.#machines.set(machine.arn, {
      ...machine,
      roleArn: roleArn ?? machine.roleArn,
      logging: logging ? checkLogging(logging) : machine.logging,
      tracing: tracing ?? machine.tracing,
      definitionText: definition ?? machine.definitionText,
      definition: definition === undefined ? machine.definition : parseDefinition(definition),
      updatedAt,
      revisionId,
    });
    return { updateDate: updatedAt, revisionId };
  }

  /** Running executions go on; deleting what is not there succeeds, as on AWS. */
  delete(arn: string | undefined): object {
    const wanted = required(arn, 'stateMachineArn');
    if (!wanted.startsWith('arn:')) throw invalidArn(wanted);
    this.#machines.delete(wanted);
    this.#tags.delete(wanted);
    return {};
  }

  describe(arn: string | undefined): DescribeStateMachineOutput {
    const machine = this.get(arn);
    return {
      stateMachineArn: machine.arn,
      name: machine.name,
      status: 'ACTIVE',
      definition: machine.definitionText,
      roleArn: machine.roleArn,
      type: 'STANDARD',
      creationDate: machine.createdAt,
      loggingConfiguration: machine.logging,
      tracingConfiguration: machine.tracing,
      ...(machine.revisionId !== undefined && { revisionId: machine.revisionId }),
    };
  }

  list(input: ListStateMachinesInput): ListStateMachinesOutput {
    const byName = [...this.#machines.values()].sort((first, second) => (first.name < second.name ? -1 : 1));
    const { items, ...rest } = page(byName, input);
    const stateMachines = items.map((machine) => ({
      stateMachineArn: machine.arn,
      name: machine.name,
      type: 'STANDARD' as const,
      creationDate: machine.createdAt,
    }));
    return { stateMachines, ...rest };
  }

  tag(arn: string, tags: readonly Tag[]): object {
    const known = this.#tags.get(arn) ?? new Map<string, string>();
    for (const { key, value } of tags) known.set(key ?? '', value ?? '');
    this.#tags.set(arn, known);
    return {};
  }

  untag(arn: string, keys: readonly string[]): object {
    for (const key of keys) this.#tags.get(arn)?.delete(key);
    return {};
  }

  tags(arn: string): { tags: Tag[] } {
    return { tags: [...(this.#tags.get(arn) ?? [])].map(([key, value]) => ({ key, value })) };
  }
}

/** @throws AwsError InvalidLoggingConfiguration unless logs that are on have exactly one destination */
function checkLogging(logging: LoggingConfiguration): LoggingConfiguration {
  const count = logging.destinations?.length ?? 0;
  if (count > 1 || (count === 0 && logging.level !== undefined && logging.level !== 'OFF')) {
    const message = 'Invalid Logging Configuration: Must specify exactly one Log Destination.';
    throw new AwsError('InvalidLoggingConfiguration', message);
  }
  return logging;
}

function isSame(first: StateMachine, second: StateMachine): boolean {
  return (
    first.roleArn === second.roleArn &&
    isDeepStrictEqual(first.logging, second.logging) &&
    first.definitionText === second.definitionText
  );
}

/** Express workflows, versions and own encryption keys would change what every other call means. */
function rejectUnsupported(input: CreateStateMachineInput | UpdateStateMachineInput): void {
  if ('type' in input && input.type === 'EXPRESS') throw new LocalUnsupported('states', 'Express workflows');
  if (input.publish) throw new LocalUnsupported('states', 'versions (publish)');
  if (input.encryptionConfiguration?.type === 'CUSTOMER_MANAGED_KMS_KEY') {
    throw new LocalUnsupported('states', 'encryptionConfiguration');
  }
}

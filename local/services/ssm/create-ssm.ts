/** Systems Manager of the local cloud: Run Command on hosts, Command documents, Parameter Store. */
import type { CreateDocumentRequest, PutParameterRequest } from '@aws-sdk/client-ssm';
import type { Operation, Service } from '../../service';
import { OwnedClock } from '../ec2/owned-clock';
import { Commands, type CommandsOptions } from './commands';
import { Documents } from './documents';
import { describeInstanceInformation } from './nodes';
import { ParameterStore } from './parameters';

/** `nodes` is where the instances come from: `() => ec2.instances()`. */
export type SsmOptions = CommandsOptions;

export class SsmService implements Service {
  readonly id = 'ssm';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #clock: OwnedClock;
  readonly #documents: Documents;
  readonly #parameters: ParameterStore;

  constructor(given: SsmOptions) {
    const clock = new OwnedClock(given.clock);
    const options = { ...given, clock };
    this.#clock = clock;
    const documents = new Documents(options);
    const commands = new Commands(documents, options);
    const parameters = new ParameterStore(options);
    this.#documents = documents;
    this.#parameters = parameters;
    this.operations = {
      SendCommand: async (input) => commands.send(input),
      CancelCommand: async (input) => commands.cancel(input),
      GetCommandInvocation: async (input) => commands.getInvocation(input),
      ListCommandInvocations: async (input) => commands.listInvocations(input),
      ListCommands: async (input) => commands.list(input),
      DescribeInstanceInformation: async (input) => describeInstanceInformation(options.nodes, options.clock, input),
      CreateDocument: async (input) => documents.create(input),
      DescribeDocument: async (input) => documents.describe(input),
      GetDocument: async (input) => documents.get(input),
      ListDocuments: async (input) => documents.list(input),
      GetParameter: async (input) => parameters.get(input),
      GetParameters: async (input) => parameters.getSeveral(input),
      GetParametersByPath: async (input) => parameters.getByPath(input),
      PutParameter: async (input) => parameters.put(input),
      DescribeParameters: async (input) => parameters.describe(input),
      DeleteParameter: async (input) => parameters.delete(input),
    };
  }

  async close(): Promise<void> {
    this.#clock.close();
  }

  /** For a template loader: AWS::SSM::Document. */
  createDocument(input: CreateDocumentRequest): void {
    this.#documents.create(input);
  }

  /** For a template loader: AWS::SSM::Parameter. */
  putParameter(input: PutParameterRequest): void {
    this.#parameters.put(input);
  }
}

export function createSsm(options: SsmOptions): SsmService {
  return new SsmService(options);
}

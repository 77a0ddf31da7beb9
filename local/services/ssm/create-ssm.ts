/** Systems Manager of the local cloud: Run Command on hosts, Command documents, Parameter Store. */
import type { CreateDocumentRequest, PutParameterRequest } from '@aws-sdk/client-ssm';
import { LocalUnsupported, type Operation, type Service } from '../../service';
import { OwnedClock } from '../ec2/owned-clock';
import { Commands, type CommandsOptions } from './commands';
import { Documents } from './documents';
import { describeInstanceInformation } from './nodes';
import { ParameterStore } from './parameters';

/** `nodes` is where the instances come from: `() => ec2.instances()`. */
export type SsmOptions = CommandsOptions;

const DOCUMENT_MEMBERS = ['Name', 'Content', 'DocumentType', 'DocumentFormat', 'TargetType', 'Tags'];
const PARAMETER_MEMBERS = ['Name', 'Value', 'Type', 'Description', 'Overwrite', 'AllowedPattern', 'Tier', 'DataType'];

/** An operation that refuses every member but those named. */
// biome-ignore lint/suspicious/noExplicitAny: as in Operation
function only(allowed: readonly string[], act: (input: any) => object): Operation {
  return async (input: object) => {
    const isEmpty = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);
    const unknown = Object.entries(input).find(([name, value]) => !isEmpty(value) && !allowed.includes(name));
    if (unknown) throw new LocalUnsupported('ssm', unknown[0]);
    return act(input);
  };
}

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
    const page = ['MaxResults', 'NextToken'];
    const nodeFilters = ['InstanceInformationFilterList', 'Filters', ...page];
    this.operations = {
      SendCommand: async (input) => commands.send(input),
      CancelCommand: only(['CommandId', 'InstanceIds'], (input) => commands.cancel(input)),
      GetCommandInvocation: only(['CommandId', 'InstanceId', 'PluginName'], (input) => commands.getInvocation(input)),
      ListCommandInvocations: only(['CommandId', 'InstanceId', 'Details', ...page], (input) =>
        commands.listInvocations(input),
      ),
      ListCommands: only(['CommandId', 'InstanceId', ...page], (input) => commands.list(input)),
      DescribeInstanceInformation: only(nodeFilters, (input) =>
        describeInstanceInformation(options.nodes, options.clock, input),
      ),
      CreateDocument: only(DOCUMENT_MEMBERS, (input) => documents.create(input)),
      DescribeDocument: only(['Name'], (input) => documents.describe(input)),
      GetDocument: only(['Name'], (input) => documents.get(input)),
      ListDocuments: only(['Filters', 'DocumentFilterList', ...page], (input) => documents.list(input)),
      GetParameter: only(['Name', 'WithDecryption'], (input) => parameters.get(input)),
      GetParameters: only(['Names', 'WithDecryption'], (input) => parameters.getSeveral(input)),
      GetParametersByPath: only(['Path', 'Recursive', 'WithDecryption', ...page], (input) =>
        parameters.getByPath(input),
      ),
      PutParameter: only(PARAMETER_MEMBERS, (input) => parameters.put(input)),
      DescribeParameters: only(page, (input) => parameters.describe(input)),
      DeleteParameter: only(['Name'], (input) => parameters.delete(input)),
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

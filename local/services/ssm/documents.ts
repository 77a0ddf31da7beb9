/** Command documents: schema 2.2 with aws:runShellScript steps, and the built-in AWS-RunShellScript. */
import { createHash } from 'node:crypto';
import type {
  CreateDocumentRequest,
  DescribeDocumentRequest,
  GetDocumentRequest,
  ListDocumentsRequest,
} from '@aws-sdk/client-ssm';
import { z } from 'zod';
import type { Clock } from '../../clock';
import { AwsError, LocalUnsupported } from '../../service';
import { paginate } from './page';

const Text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const ParameterSchema = z.strictObject({
  type: z.enum(['String', 'StringList', 'Integer', 'Boolean']),
  description: z.string().optional(),
  default: z.union([Text, z.array(Text)]).optional(),
  allowedPattern: z.string().optional(),
  allowedValues: z.array(Text).optional(),
  minChars: z.number().optional(),
  maxChars: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  displayType: z.string().optional(),
});

const StepSchema = z.strictObject({
  action: z.string(),
  name: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  precondition: z.strictObject({ StringEquals: z.tuple([z.literal('platformType'), z.literal('Linux')]) }).optional(),
  inputs: z.strictObject({
    runCommand: z.union([z.string(), z.array(z.string())]),
    workingDirectory: z.string().optional(),
    timeoutSeconds: Text.optional(),
    onFailure: z.enum(['exit', 'successAndExit']).optional(),
    onSuccess: z.enum(['exit']).optional(),
    finallyStep: z.boolean().optional(),
  }),
});

const ContentSchema = z.strictObject({
  schemaVersion: z.literal('2.2'),
  description: z.string().optional(),
  parameters: z.record(z.string(), ParameterSchema).optional(),
  mainSteps: z.array(StepSchema).min(1),
});

export type DocumentContent = z.infer<typeof ContentSchema>;
export type DocumentStep = z.infer<typeof StepSchema>;
export type DocumentParameter = z.infer<typeof ParameterSchema>;

export interface CommandDocument {
  name: string;
  owner: string;
  text: string;
  content: DocumentContent;
  createdAtMs: number;
}

const RUN_SHELL_SCRIPT: DocumentContent = {
  schemaVersion: '2.2',
  description: 'Run a shell script or specify the commands to run.',
  parameters: {
    commands: {
      type: 'StringList',
      description: '(Required) Specify a shell script or a command to run.',
      minItems: 1,
    },
    workingDirectory: { type: 'String', default: '', description: '(Optional) The path to the working directory.' },
    executionTimeout: {
      type: 'String',
      default: '3600',
      allowedPattern: '([1-9][0-9]{0,4})|(1[0-6][0-9]{4})|(17[0-1][0-9]{3})|(172[0-7][0-9]{2})|(172800)',
    },
  },
  mainSteps: [
    {
      action: 'aws:runShellScript',
      name: 'runShellScript',
      inputs: {
        runCommand: '{{ commands }}',
        workingDirectory: '{{ workingDirectory }}',
        timeoutSeconds: '{{ executionTimeout }}',
      },
    },
  ],
};

export interface DocumentsOptions {
  clock: Clock;
  accountId: string;
  region: string;
}

/**
 * Reads a document's JSON.
 * @throws AwsError InvalidDocumentContent, LocalUnsupported for other actions and formats
 */
export function parseDocument(text: string): DocumentContent {
  const result = ContentSchema.safeParse(toJson(text));
  if (!result.success) throw new AwsError('InvalidDocumentContent', z.prettifyError(result.error));
  const foreign = result.data.mainSteps.find((step) => step.action !== 'aws:runShellScript');
  if (foreign) throw new LocalUnsupported('ssm', `the action ${foreign.action}`);
  return result.data;
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('InvalidDocumentContent', 'The local cloud reads documents in JSON only.');
  }
}

export class Documents {
  readonly #documents = new Map<string, CommandDocument>();

  constructor(readonly options: DocumentsOptions) {
    const text = JSON.stringify(RUN_SHELL_SCRIPT);
    const builtIn = { name: 'AWS-RunShellScript', owner: 'Amazon', text, content: RUN_SHELL_SCRIPT };
    this.#documents.set(builtIn.name, { ...builtIn, createdAtMs: 0 });
  }

  create(input: CreateDocumentRequest) {
    const {
      Name: name = '',
      Content: text = '',
      DocumentType: type = 'Command',
      DocumentFormat: format = 'JSON',
    } = input;
    if (type !== 'Command' || format !== 'JSON')
      throw new LocalUnsupported('ssm', `documents of type ${type}, ${format}`);
    if (this.#documents.has(name))
      throw new AwsError('DocumentAlreadyExists', 'The specified document already exists.');
    const { accountId, clock } = this.options;
    const document = { name, owner: accountId, text, content: parseDocument(text), createdAtMs: clock.now() };
    this.#documents.set(name, document);
    return { DocumentDescription: this.#describe(document) };
  }

  describe(input: DescribeDocumentRequest) {
    return { Document: this.#describe(this.find(input.Name ?? '')) };
  }

  get(input: GetDocumentRequest) {
    const { name, text } = this.find(input.Name ?? '');
    const kind = { Status: 'Active', DocumentType: 'Command', DocumentFormat: 'JSON' };
    return { Name: name, Content: text, DocumentVersion: '1', ...kind, AttachmentsContent: [] };
  }

  list(input: ListDocumentsRequest) {
    const filters = [
      ...(input.Filters ?? []).map(({ Key, Values }) => ({ key: Key, values: Values })),
      ...(input.DocumentFilterList ?? []).map(({ key, value }) => ({ key, values: value ? [value] : [] })),
    ];
    const unknown = filters.find(({ key = '' }) => !['Name', 'Owner', 'DocumentType', 'PlatformTypes'].includes(key));
    if (unknown) throw new LocalUnsupported('ssm', `the filter '${unknown.key}' of ListDocuments`);
    const isWanted = (document: CommandDocument) =>
      filters.every(({ key, values = [] }) => values.some((value) => matches(document, key ?? '', value)));
    const { items, NextToken } = paginate([...this.#documents.values()].filter(isWanted), input, 10);
    return { DocumentIdentifiers: items.map((document) => this.#describe(document)), NextToken };
  }

  /**
   * By name or ARN.
   * @throws AwsError InvalidDocument
   */
  find(reference: string): CommandDocument {
    const name = reference.replace(/^arn:aws:ssm:[^:]*:[^:]*:document\//, '');
    const document = this.#documents.get(name);
    if (!document) throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
    return document;
  }

  #describe(document: CommandDocument) {
    const { name, owner, text, content, createdAtMs } = document;
    return {
      Name: name,
      Owner: owner,
      Hash: createHash('sha256').update(text).digest('hex'),
      HashType: 'Sha256',
      CreatedDate: new Date(createdAtMs),
      Status: 'Active',
      DocumentVersion: '1',
      LatestVersion: '1',
      DefaultVersion: '1',
      Description: content.description,
      Parameters: Object.entries(content.parameters ?? {}).map(([parameterName, parameter]) => ({
        Name: parameterName,
        Type: parameter.type === 'StringList' ? 'StringList' : 'String',
        Description: parameter.description,
        DefaultValue: parameter.default === undefined ? undefined : String(parameter.default),
      })),
      PlatformTypes: ['Linux'],
      DocumentType: 'Command',
      SchemaVersion: content.schemaVersion,
      DocumentFormat: 'JSON',
      TargetType: '/AWS::EC2::Instance',
      Tags: [],
    };
  }
}

function matches(document: CommandDocument, key: string, value: string): boolean {
  switch (key) {
    case 'Name':
      return document.name.startsWith(value);
    case 'Owner':
      return value === 'All' || value === (document.owner === 'Amazon' ? 'Amazon' : 'Self');
    case 'DocumentType':
      return value === 'Command';
    default:
      return value === 'Linux';
  }
}

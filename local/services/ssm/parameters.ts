/** Parameter Store: the account's own parameters, and AWS's public ones that name machine images. */
import { createHash } from 'node:crypto';
import type {
  DeleteParameterRequest,
  DescribeParametersRequest,
  GetParameterRequest,
  GetParametersByPathRequest,
  GetParametersRequest,
  Parameter,
  ParameterType,
  PutParameterRequest,
} from '@aws-sdk/client-ssm';
import type { Clock } from '../../clock';
import { IMAGES } from '../../data/images';
import { AwsError, LocalUnsupported } from '../../service';
import { paginate } from './page';

interface StoredParameter {
  name: string;
  type: ParameterType;
  description: string | undefined;
  arn: string;
  versions: { value: string; modifiedAtMs: number }[];
}

export interface ParameterStoreOptions {
  clock: Clock;
  accountId: string;
  region: string;
}

export class ParameterStore {
  readonly #parameters = new Map<string, StoredParameter>();

  constructor(readonly options: ParameterStoreOptions) {
    for (const image of IMAGES) {
      for (const name of image.parameters) {
        this.#parameters.set(name, {
          name,
          type: 'String',
          description: undefined,
          arn: `arn:aws:ssm:${options.region}::parameter${name}`,
          versions: [{ value: image.imageId, modifiedAtMs: Date.parse(image.createdAt) }],
        });
      }
    }
  }

  put(input: PutParameterRequest) {
    const { Name: name = '', Value: value = '', Type: type } = input;
    if ((input.Tier ?? 'Standard') !== 'Standard' || (input.DataType ?? 'text') !== 'text') {
      throw new LocalUnsupported('ssm', 'parameters that are not standard text');
    }
    if (/^\/?(aws|ssm)/i.test(name))
      throw new AwsError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
    if (input.AllowedPattern && !new RegExp(input.AllowedPattern).test(value)) {
      throw new AwsError(
        'ParameterPatternMismatchException',
        `Parameter value, cannot be validated against allowedPattern: ${input.AllowedPattern}`,
      );
    }
    const known = this.#parameters.get(name);
    if (known && !input.Overwrite) {
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    }
    if (!known && !type)
      throw new AwsError('ValidationException', 'A parameter type is required when you create a parameter.');
    const { region, accountId, clock } = this.options;
    const parameter: StoredParameter = known ?? {
      name,
      type: type ?? 'String',
      description: input.Description,
      arn: `arn:aws:ssm:${region}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`,
      versions: [],
    };
    if (type) parameter.type = type;
    parameter.versions.push({ value, modifiedAtMs: clock.now() });
    this.#parameters.set(name, parameter);
    return { Version: parameter.versions.length, Tier: 'Standard' };
  }

  get(input: GetParameterRequest) {
    const parameter = this.#find(input.Name ?? '', input.WithDecryption);
    if (!parameter) throw new AwsError('ParameterNotFound', `Parameter ${input.Name} not found.`);
    return { Parameter: parameter };
  }

  getSeveral(input: GetParametersRequest) {
    const names = input.Names ?? [];
    const found = names.map((name) => ({ name, parameter: this.#find(name, input.WithDecryption) }));
    return {
      Parameters: found.flatMap(({ parameter }) => parameter ?? []),
      InvalidParameters: found.filter(({ parameter }) => !parameter).map(({ name }) => name),
    };
  }

  getByPath(input: GetParametersByPathRequest) {
    const prefix = `${input.Path ?? '/'}/`.replace(/\/+$/, '/');
    const names = [...this.#parameters.keys()]
      .filter((name) => name.startsWith(prefix) && (input.Recursive || !name.slice(prefix.length).includes('/')))
      .sort();
    const { items, NextToken } = paginate(names, input, 10);
    return { Parameters: items.flatMap((name) => this.#find(name, input.WithDecryption) ?? []), NextToken };
  }

  describe(input: DescribeParametersRequest) {
    const own = [...this.#parameters.values()].filter(({ name }) => !name.startsWith('/aws/'));
    const { items, NextToken } = paginate(own, input, 10);
    const parameters = items.map(({ name, type, arn, description, versions }) => ({
      Name: name,
      ARN: arn,
      Type: type,
      Description: description,
      Version: versions.length,
      LastModifiedDate: new Date(versions.at(-1)?.modifiedAtMs ?? 0),
      Tier: 'Standard',
      DataType: 'text',
      Policies: [],
    }));
    return { Parameters: parameters, NextToken };
  }

  delete(input: DeleteParameterRequest) {
    if (!this.#parameters.delete(input.Name ?? '')) {
      throw new AwsError('ParameterNotFound', `Parameter ${input.Name} not found.`);
    }
    return {};
  }

  /** By name, name:version or ARN. */
  #find(reference: string, withDecryption = false): Parameter | undefined {
    const path = reference.replace(/^arn:aws:ssm:[^:]*:[^:]*:parameter/, '');
    const [, name = '', version] = /^(.*?)(?::(\d+))?$/.exec(path) ?? [];
    const stored = this.#parameters.get(name) ?? this.#parameters.get(name.replace(/^\//, ''));
    const number = version === undefined ? stored?.versions.length : Number(version);
    const held = stored?.versions[(number ?? 0) - 1];
    if (!stored || !held) return undefined;
    const isHidden = stored.type === 'SecureString' && !withDecryption;
    return {
      Name: stored.name,
      Type: stored.type,
      Value: isHidden ? encrypted(held.value) : held.value,
      Version: number,
      LastModifiedDate: new Date(held.modifiedAtMs),
      ARN: stored.arn,
      DataType: 'text',
    };
  }
}

/** Stands for the ciphertext that a caller without WithDecryption gets: of no use to anybody. */
function encrypted(value: string): string {
  return `AQICAH${createHash('sha256').update(value).digest('base64')}`;
}

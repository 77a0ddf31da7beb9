/** Secrets Manager: secrets with one text each, in memory. Nothing is encrypted; versions and rotation are not kept. */
import { createHash } from 'node:crypto';
import type {
  CreateSecretRequest,
  DeleteSecretRequest,
  GetSecretValueRequest,
  PutSecretValueRequest,
} from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../clock';
import { AwsError, type Service } from '../service';
import { supporting } from './supporting';

export interface SecretsManagerOptions {
  clock: Clock;
  accountId: string;
  region: string;
}

interface Secret {
  name: string;
  text: string;
  versionId: string;
  createdMs: number;
}

/** Six letters follow the name, so that a policy on `name` alone matches no secret; here the same in every run. */
export function secretArn({ accountId, region }: Pick<SecretsManagerOptions, 'accountId' | 'region'>, id: string): string {
  if (id.startsWith('arn:')) return id;
  const suffix = createHash('sha256').update(id).digest('base64url').replace(/[-_]/g, 'x').slice(0, 6);
  return `arn:aws:secretsmanager:${region}:${accountId}:secret:${id}-${suffix}`;
}

export function createSecretsManager(options: SecretsManagerOptions): Service {
  const { clock } = options;
  const secrets = new Map<string, Secret>();
  const op = supporting('secretsmanager');
  const find = (id = ''): Secret => {
    const secret = secrets.get(secretArn(options, id));
    if (secret) return secret;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  };
  const describe = ({ name, versionId }: Secret) => ({
    ARN: secretArn(options, name),
    Name: name,
    VersionId: versionId,
  });
  const versionOf = (name: string, text: string) => createHash('sha256').update(`${name} ${text}`).digest('hex').slice(0, 32);

  return {
    id: 'secretsmanager',
    operations: {
      CreateSecret: op('Name SecretString ClientRequestToken', async (input: CreateSecretRequest) => {
        const { Name: name = '', SecretString: text = '' } = input;
        const arn = secretArn(options, name);
        if (secrets.has(arn)) {
          throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
        }
        const secret = { name, text, versionId: versionOf(name, text), createdMs: clock.now() };
        secrets.set(arn, secret);
        return describe(secret);
      }),
      PutSecretValue: op('SecretId SecretString ClientRequestToken', async (input: PutSecretValueRequest) => {
        const secret = find(input.SecretId);
        secret.text = input.SecretString ?? '';
        secret.versionId = versionOf(secret.name, secret.text);
        return describe(secret);
      }),
      GetSecretValue: op('SecretId', async ({ SecretId }: GetSecretValueRequest) => {
        const secret = find(SecretId);
        const CreatedDate = new Date(secret.createdMs);
        return { ...describe(secret), SecretString: secret.text, VersionStages: ['AWSCURRENT'], CreatedDate };
      }),
      DeleteSecret: op('SecretId ForceDeleteWithoutRecovery', async ({ SecretId }: DeleteSecretRequest) => {
        const { name } = find(SecretId);
        secrets.delete(secretArn(options, name));
        return { ARN: secretArn(options, name), Name: name, DeletionDate: new Date(clock.now()) };
      }),
    },
  };
}

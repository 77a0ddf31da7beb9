import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';

export interface SecretClients {
  ssm: SSMClient;
  secretsManager: SecretsManagerClient;
}

/** Reads `ssm:/name` or `secretsmanager:name`. Throws for what it cannot read; the value is never in the message. */
export async function readSecret({ ssm, secretsManager }: SecretClients, reference: string): Promise<string> {
  const at = reference.indexOf(':');
  const name = reference.slice(at + 1);
  const value =
    reference.slice(0, at) === 'ssm'
      ? (await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }))).Parameter?.Value
      : (await secretsManager.send(new GetSecretValueCommand({ SecretId: name }))).SecretString;
  if (value === undefined) throw new Error(`${reference} has no text`);
  return value;
}

/** Values of SecureString parameters. */
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { RunctlError } from '../core/errors';
import type { Secrets } from '../core/ports';
import { hasCode } from './errors';

export class SsmSecrets implements Secrets {
  constructor(private readonly client: SSMClient) {}

  async value(name: string): Promise<string> {
    try {
      const { Parameter } = await this.client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
      const { Type, Value = '' } = Parameter ?? {};
      if (Type === 'SecureString' && Value !== '') return Value;
    } catch (error) {
      if (!hasCode(error, 'ParameterNotFound')) throw error;
      throw new RunctlError('ConfigInvalid', `There is no parameter ${name}: put the secret there as a SecureString.`);
    }
    throw new RunctlError('ConfigInvalid', `The parameter ${name} is no SecureString with a value.`);
  }
}

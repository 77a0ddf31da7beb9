import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';

/** Reads `ssm:/name`. Throws for what it cannot read; the value is never part of the message. */
export async function readSecret(ssm: SSMClient, reference: string): Promise<string> {
  const at = reference.indexOf(':');
  const name = reference.slice(at + 1);
  if (reference.slice(0, at) !== 'ssm') throw new Error(`${reference}: only ssm: references are supported yet`);
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
  if (Parameter?.Value === undefined) throw new Error(`the parameter ${name} has no value`);
  return Parameter.Value;
}

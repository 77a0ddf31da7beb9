import { type ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';

/** Password of the user `AWS` for registries of ECR's in the client's region; good for 12 hours. */
export async function ecrPassword(client: ECRClient): Promise<string> {
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  const token = authorizationData?.[0]?.authorizationToken ?? '';
  const [, password] = Buffer.from(token, 'base64').toString('utf8').split(':');
  if (!password) throw new Error('ECR gave no authorization token');
  return password;
}

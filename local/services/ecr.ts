/** Elastic Container Registry: the password that a container engine pulls with. There is no registry behind it. */
import type { GetAuthorizationTokenRequest, GetAuthorizationTokenResponse } from '@aws-sdk/client-ecr';
import type { Clock } from '../clock';
import { AwsError, type Service } from '../service';

export interface EcrOptions {
  clock: Clock;
  accountId: string;
  region: string;
}

const TWELVE_HOURS_MS = 12 * 60 * 60 * 1000;

export function createEcr({ clock, accountId, region }: EcrOptions): Service {
  return {
    id: 'ecr',
    operations: {
      GetAuthorizationToken: async ({
        registryIds,
      }: GetAuthorizationTokenRequest): Promise<GetAuthorizationTokenResponse> => {
        if (registryIds?.length) {
          throw new AwsError(
            'InvalidParameterException',
            'registryIds is deprecated: one token is good for all registries.',
          );
        }
        const password = Buffer.from(`local password of ${accountId} in ${region}`).toString('base64url');
        return {
          authorizationData: [
            {
              authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
              expiresAt: new Date(clock.now() + TWELVE_HOURS_MS),
              proxyEndpoint: `https://${accountId}.dkr.ecr.${region}.amazonaws.com`,
            },
          ],
        };
      },
    },
  };
}

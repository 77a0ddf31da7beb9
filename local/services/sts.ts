import type { AssumeRoleRequest, AssumeRoleResponse, GetCallerIdentityResponse } from '@aws-sdk/client-sts';
import type { Identities } from '../identities';
import { AwsError, type Service } from '../service';

export function createSts(options: { identities: Identities }): Service {
  return {
    id: 'sts',
    operations: {
      GetCallerIdentity: async (_input: object, { caller }): Promise<GetCallerIdentityResponse> => ({
        UserId: caller.userId,
        Account: caller.accountId,
        Arn: caller.arn,
      }),
      AssumeRole: async (input: AssumeRoleRequest, { caller }): Promise<AssumeRoleResponse> => {
        const roleName = /^arn:aws:iam::\d{12}:role\/(?:.*\/)?([^/]+)$/.exec(input.RoleArn ?? '')?.[1];
        if (!roleName) throw new AwsError('ValidationError', `RoleArn is not the ARN of a role: ${input.RoleArn}`);
        if (!input.RoleSessionName) throw new AwsError('ValidationError', 'RoleSessionName is missing.');
        const issued = options.identities.issueForRole(roleName, input.RoleSessionName);
        return {
          Credentials: {
            AccessKeyId: issued.accessKeyId,
            SecretAccessKey: issued.secretAccessKey,
            SessionToken: issued.sessionToken,
            Expiration: new Date(issued.expiration),
          },
          AssumedRoleUser: {
            AssumedRoleId: `${options.identities.roleId(roleName)}:${input.RoleSessionName}`,
            Arn: `arn:aws:sts::${caller.accountId}:assumed-role/${roleName}/${input.RoleSessionName}`,
          },
        };
      },
    },
  };
}

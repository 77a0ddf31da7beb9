/** Roles of instances: which one a profile stands for, and whether it lets Systems Manager reach the instance. */
import type { Identities } from '../identities';
import { AwsError } from '../service';
import type { Ec2Access } from '../services/ec2/access';
import type { IamRegistry, InstanceProfile } from '../template/iam-registry';
import type { Guard } from './check';

export interface InstanceAccessOptions {
  readonly iam: IamRegistry;
  readonly identities: Identities;
  readonly guard: Guard;
  readonly accountId: string;
  readonly region: string;
  readonly log: (line: string) => void;
}

/** @throws AwsError InvalidParameterValue when the template has no such instance profile, as EC2 does. */
export function findProfile({ iam }: Pick<InstanceAccessOptions, 'iam'>, profileArn: string): InstanceProfile {
  const profile = iam.instanceProfiles.get(profileArn.split('/').at(-1) ?? '');
  if (profile) return profile;
  const problem = `Value (${profileArn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`;
  throw new AwsError('InvalidParameterValue', problem);
}

export function instanceAccess(options: InstanceAccessOptions): Ec2Access {
  const { identities, guard, accountId, log } = options;
  return {
    guard,
    roleOfProfile: (profileArn) => `arn:aws:iam::${accountId}:role/${findProfile(options, profileArn).roleName}`,
    mayRegister(instanceId, profileArn) {
      if (profileArn === undefined) return false;
      try {
        guard(
          identities.callerForRole(findProfile(options, profileArn).roleName, instanceId),
          agentChecks(options, instanceId),
        );
        return true;
      } catch (error) {
        log(
          `ssm: the agent of ${instanceId} cannot register: ${error instanceof Error ? error.message : String(error)}`,
        );
        return false;
      }
    },
  };
}

/**
 * What SSM's agent calls before it takes commands: it says that it is there, and opens its control channel.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-setting-up-messageAPIs.html
 */
function agentChecks({ region, accountId }: InstanceAccessOptions, instanceId: string) {
  return [
    { action: 'ssm:UpdateInstanceInformation', resource: `arn:aws:ec2:${region}:${accountId}:instance/${instanceId}` },
    { action: 'ssmmessages:CreateControlChannel', resource: '*' },
    { action: 'ssmmessages:OpenControlChannel', resource: '*' },
  ];
}

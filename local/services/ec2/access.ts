/** What EC2 asks of IAM in the course of its calls. */
import type { Guard } from '../../iam/check';
import { AwsError, type Caller } from '../../service';

export interface Ec2Access {
  readonly guard: Guard;
  /** ARN of the role that instances with this profile have. */
  roleOfProfile(profileArn: string): string;
  /** Whether the instance's role lets its SSM agent register. */
  mayRegister(instanceId: string, profileArn: string | undefined): boolean;
}

/** EC2 by itself: everybody may do everything. */
export const OPEN_ACCESS: Ec2Access = { guard: () => {}, roleOfProfile: (arn) => arn, mayRegister: () => true };

const SERVICE_LINKED_ROLES = {
  spot: ['spot.amazonaws.com', 'AWSServiceRoleForEC2Spot'],
  fleet: ['ec2fleet.amazonaws.com', 'AWSServiceRoleForEC2Fleet'],
} as const;

/** Roles of EC2's own, which a new account does not have: who first needs one must be allowed to have it made. */
export class ServiceLinkedRoles {
  readonly #made = new Set<string>();

  constructor(private readonly options: { readonly accountId: string; readonly access: Ec2Access }) {}

  /** @throws AwsError AuthFailure.ServiceLinkedRoleCreationNotPermitted. */
  need(purpose: keyof typeof SERVICE_LINKED_ROLES, caller: Caller): void {
    if (this.#made.has(purpose)) return;
    const { accountId, access } = this.options;
    const [service, role] = SERVICE_LINKED_ROLES[purpose];
    const resource = `arn:aws:iam::${accountId}:role/aws-service-role/${service}/${role}`;
    const keys = { 'iam:awsservicename': [service] };
    try {
      access.guard(caller, [{ action: 'iam:CreateServiceLinkedRole', resource, keys }]);
    } catch (error) {
      if (!(error instanceof AwsError) || error.name === 'LocalUnsupported') throw error;
      throw new AwsError(
        'AuthFailure.ServiceLinkedRoleCreationNotPermitted',
        `The provided credentials do not have permission to create the service-linked role ${role}. ${error.message}`,
        { statusCode: 403 },
      );
    }
    this.#made.add(purpose);
  }
}

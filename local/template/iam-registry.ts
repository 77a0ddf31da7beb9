/** Roles, their policies and instance profiles, as the template declares them: for whoever decides what a caller may do. */
export interface PolicyDocument {
  name: string;
  /** As in the template, intrinsic functions resolved. */
  document: Readonly<Record<string, unknown>>;
}

export interface Role {
  name: string;
  /** In the template. */
  logicalId: string;
  arn: string;
  trust: Readonly<Record<string, unknown>>;
  policies: PolicyDocument[];
  /** Policies of AWS and other stacks, known by ARN only. */
  managedPolicyArns: string[];
}

export interface InstanceProfile {
  name: string;
  arn: string;
  roleName: string;
}

/** A policy attached to a resource instead of a role: bucket, topic, queue, or a Lambda permission. */
export interface ResourcePolicy {
  /** Of the resource. */
  arn: string;
  document: Readonly<Record<string, unknown>>;
}

export interface IamRegistry {
  readonly roles: Map<string, Role>;
  readonly instanceProfiles: Map<string, InstanceProfile>;
  /** Policies with an ARN of their own, by that. */
  readonly managedPolicies: Map<string, PolicyDocument>;
  readonly resourcePolicies: ResourcePolicy[];
}

export function createIamRegistry(): IamRegistry {
  return { roles: new Map(), instanceProfiles: new Map(), managedPolicies: new Map(), resourcePolicies: [] };
}

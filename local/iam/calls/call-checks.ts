/**
 * What AWS asks of a caller for each call that the local cloud has: actions and resources, as in the service
 * authorization reference (https://docs.aws.amazon.com/service-authorization/latest/reference/).
 */
import type { AuthorizationRequest } from '../../gateway/authorize';
import { LocalUnsupported } from '../../service';
import type { Check } from '../check';
import { ec2Calls } from './ec2-calls';
import { messagingCalls } from './messaging-calls';
import { otherCalls } from './other-calls';
import { s3Calls } from './s3-calls';
import type { Account, ServiceCalls } from './service-calls';
import { ssmCalls } from './ssm-calls';

/** By service and operation. */
export const CALLS: Readonly<Record<string, ServiceCalls>> = {
  ec2: ec2Calls,
  s3: s3Calls,
  ssm: ssmCalls,
  ...messagingCalls,
  ...otherCalls,
};

/** @throws LocalUnsupported for a call of a role or a service of which nobody wrote here what it needs */
export function callChecks(request: AuthorizationRequest, account: Account): readonly Check[] {
  const { caller, serviceId, operation, input } = request;
  const calls = CALLS[serviceId];
  const checks = calls && Object.hasOwn(calls, operation) ? calls[operation] : undefined;
  if (checks) return checks(input, account);
  if (caller.roleName === undefined && !caller.service) return [];
  throw new LocalUnsupported(serviceId, `${operation} by a role (what it needs is not in local/iam/calls)`);
}

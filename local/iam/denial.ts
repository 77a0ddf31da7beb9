/**
 * A denial in the words of the service that denies.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
import { AwsError, type Caller } from '../service';
import type { Check } from './check';

export type DeniedBy = 'nothing' | 'identity' | 'resource';

/** Code and HTTP status by the action's service; others say AccessDeniedException with 400. */
const CODES: Readonly<Record<string, readonly [string, number]>> = {
  cloudwatch: ['AccessDenied', 403],
  ec2: ['UnauthorizedOperation', 403],
  iam: ['UnauthorizedOperation', 403],
  lambda: ['AccessDeniedException', 403],
  s3: ['AccessDenied', 403],
  sns: ['AuthorizationError', 403],
  sqs: ['AccessDenied', 403],
  sts: ['AccessDenied', 403],
};

export function denial(caller: Caller, { action, resource }: Check, deniedBy: DeniedBy): AwsError {
  const [service = ''] = action.split(':');
  const [code, statusCode] = CODES[service] ?? ['AccessDeniedException', 400];
  const on = resource === '*' ? '' : ` on resource: ${service === 's3' ? `"${resource}"` : resource}`;
  const why = {
    identity: 'with an explicit deny in an identity-based policy',
    resource: 'with an explicit deny in a resource-based policy',
    nothing: `because no ${caller.service ? 'resource' : 'identity'}-based policy allows the ${action} action`,
  }[deniedBy];
  const preface = code === 'UnauthorizedOperation' ? 'You are not authorized to perform this operation. ' : '';
  const who = caller.service?.name ?? caller.arn;
  return new AwsError(code, `${preface}User: ${who} is not authorized to perform: ${action}${on} ${why}`, {
    statusCode,
  });
}

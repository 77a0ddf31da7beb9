import type { IncomingHttpHeaders } from 'node:http';
import type { Transport } from '../iam/condition-keys';
import type { Caller } from '../service';

export interface AuthorizationRequest {
  caller: Caller;
  /** As in `Service.id`; the IAM prefix may differ (monitoring is cloudwatch). */
  serviceId: string;
  operation: string;
  /** The decoded input; of S3, what policies look at (local/iam/calls/s3-calls.ts). */
  input: object;
  /** How the call came; in process, as over HTTPS. */
  transport?: Transport;
}

/** Checks a call against the caller's policies. @throws AwsError AccessDenied (or what its service says in place of it) when they do not allow it. */
export type Authorize = (request: AuthorizationRequest) => void;

/** Plain HTTP to the loopback endpoint stands for HTTPS to AWS, unless the client says that it is not meant so. */
export function transportOf(headers: IncomingHttpHeaders): Transport {
  return { isSecure: headers['x-forwarded-proto'] !== 'http' };
}

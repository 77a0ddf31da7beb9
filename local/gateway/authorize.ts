import type { Caller } from '../service';

export interface AuthorizationRequest {
  caller: Caller;
  /** As in `Service.id`; the IAM prefix may differ (monitoring is cloudwatch). */
  serviceId: string;
  operation: string;
  /** The decoded input; of S3, only `Bucket` and `Key`. */
  input: object;
}

/** Checks a call against the caller's policies. @throws AwsError AccessDenied when they do not allow it. */
export type Authorize = (request: AuthorizationRequest) => void;

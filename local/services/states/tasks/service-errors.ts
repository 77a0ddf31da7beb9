import { AwsError } from '../../../service';
import { StateFailure } from '../engine/failure';

/** How error names and causes of a service's calls are formed. */
export interface ErrorStyle {
  /** `Sfn` in Sfn.InvalidTokenException. */
  prefix: string;
  /** `AWSStepFunctions` in the cause of an optimized integration; absent for aws-sdk ones. */
  legacyServiceName?: string;
  /** Name of the exception that stands for every error that the service's model does not name. */
  generic: string;
  /** True when the model names no errors at all (EC2). */
  hasNoModeledErrors?: boolean;
}

/** Codes that no service model names: they surface as the service's generic exception. */
const UNMODELED =
  /^(ValidationException|ValidationError|AccessDenied|AccessDeniedException|UnauthorizedOperation|MissingParameter|MissingParameterException|ThrottlingException|Throttling|UnrecognizedClientException|InvalidClientTokenId)$/;

/**
 * An AWS error as the state machine sees it. Optimized integrations speak of the Java SDK v1, aws-sdk ones of v2
 * (LocalStack recordings test_sfn_send_task_outcome_with_no_such_token, test_put_item_no_such_table).
 */
export function serviceFailure(error: unknown, style: ErrorStyle, requestId: string): unknown {
  if (!(error instanceof AwsError)) return error;
  const { name: code, message, statusCode } = error;
  const isGeneric = style.hasNoModeledErrors || UNMODELED.test(code);
  const exception = isGeneric ? style.generic : `${code.replace(/Exception$/, '')}Exception`;
  const where = style.legacyServiceName
    ? `(Service: ${style.legacyServiceName}; Status Code: ${statusCode}; Error Code: ${code}; Request ID: ${requestId}; Proxy: null)`
    : `(Service: ${style.prefix}, Status Code: ${statusCode}, Request ID: ${requestId}) (SDK Attempt Count: 1)`;
  return new StateFailure(`${style.prefix}.${exception}`, `${message} ${where}`);
}

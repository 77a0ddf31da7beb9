/** From the errors of the AWS SDK to what a person can do about them. */

export interface Explained {
  message: string;
  hint?: string;
}

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'InvalidClientTokenId'];
const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'AuthorizationError', 'Forbidden'];
const UNREACHABLE = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'ECONNRESET', 'TimeoutError'];

/** undefined: it is none of those. */
export function explainAwsFailure(error: unknown): Explained | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : error.name;
  if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') {
    return {
      message: `AWS credentials were not found: ${error.message}`,
      hint: 'Sign in (aws configure, aws sso login), name a profile (--profile), or use the local cloud (--local).',
    };
  }
  if (code === 'ERR_INVALID_URL') {
    return {
      message: 'AWS_ENDPOINT_URL is no address.',
      hint: 'One is http://127.0.0.1:4566; without it, AWS is meant.',
    };
  }
  if (/region is missing/i.test(error.message)) {
    return { message: 'No AWS region is set.', hint: 'Set AWS_REGION, name one (--region), or use --local.' };
  }
  if (EXPIRED.includes(error.name)) {
    return { message: `AWS refused the credentials: ${error.message}`, hint: 'Sign in again: aws sso login.' };
  }
  if (DENIED.includes(error.name)) {
    return {
      message: `AWS refused the call: ${error.message}`,
      hint: 'Ask for this permission. `runctl doctor` shows which ones are missing.',
    };
  }
  if (UNREACHABLE.includes(code) || UNREACHABLE.includes(error.name)) {
    return {
      message: `Nothing answers there: ${error.message || code}`,
      hint: 'Check the network, AWS_ENDPOINT_URL, and that the local cloud runs (runctl local up).',
    };
  }
  const isOfAws = '$fault' in error;
  return isOfAws ? { message: `AWS answered ${error.name}: ${error.message}` } : undefined;
}

/** Keeps secrets out of the logs: task tokens, signatures of presigned URLs, and whatever is named like one. */

const SECRET_KEYS = new Set(['token', 'taskToken', 'agentUrl', 'nodeUrl', 'authorization', 'credentials', 'env']);
const SIGNED_QUERY = /\bX-Amz-[A-Za-z-]+=[^&\s"']+/g;
/** Task tokens are long runs of base64 without a break. */
const LONG_BASE64 = /[A-Za-z0-9+/_-]{100,}={0,2}/g;

/** A JSON replacer. */
export function redactValue(key: string, value: unknown): unknown {
  if (SECRET_KEYS.has(key)) return '[redacted]';
  return typeof value === 'string' ? redactText(value) : value;
}

export function redactText(text: string): string {
  return text.replace(SIGNED_QUERY, 'X-Amz-[redacted]').replace(LONG_BASE64, '[redacted]');
}

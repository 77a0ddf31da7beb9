import { AwsError } from '../../service';

/**
 * A presigned URL is good until its time is over, on the local cloud's clock. Both forms: signature version 4, and
 * version 2, which boto3 still makes for endpoints of no known region.
 * @throws AwsError AccessDenied.
 */
export function checkPresigned(query: URLSearchParams, nowMs: number): void {
  const expiresAtMs = expiryMs(query);
  if (expiresAtMs === undefined || nowMs <= expiresAtMs) return;
  throw new AwsError('AccessDenied', 'Request has expired', {
    statusCode: 403,
    details: { Expires: new Date(expiresAtMs).toISOString(), ServerTime: new Date(nowMs).toISOString() },
  });
}

function expiryMs(query: URLSearchParams): number | undefined {
  const signedAt = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date') ?? '');
  if (signedAt && query.has('X-Amz-Expires')) {
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = signedAt.slice(1).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) + Number(query.get('X-Amz-Expires')) * 1000;
  }
  return query.has('Signature') && query.has('Expires') ? Number(query.get('Expires')) * 1000 : undefined;
}

import { AwsError } from '../../../service';
import { validationError } from './errors';

const MAX_RESULTS = 1000;
const DEFAULT_RESULTS = 100;

/**
 * One page of a list.
 * @throws AwsError ValidationException for a bad maxResults, InvalidToken for a nextToken that this service never gave out
 */
export function page<T>(
  items: readonly T[],
  request: { maxResults?: number | undefined; nextToken?: string | undefined },
): { items: T[]; nextToken?: string } {
  const { maxResults = 0, nextToken } = request;
  if (maxResults > MAX_RESULTS) {
    throw validationError(maxResults, 'maxResults', `Member must have value less than or equal to ${MAX_RESULTS}`);
  }
  const start = nextToken === undefined ? 0 : offsetOf(nextToken);
  const end = start + (maxResults || DEFAULT_RESULTS);
  return {
    items: items.slice(start, end),
    ...(end < items.length && { nextToken: Buffer.from(`offset:${end}`).toString('base64') }),
  };
}

function offsetOf(token: string): number {
  const match = /^offset:(\d+)$/.exec(Buffer.from(token, 'base64').toString());
  if (!match) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  return Number(match[1]);
}

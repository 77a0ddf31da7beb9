/** Paging of SSM's lists: the token is opaque and names the position. */
import { AwsError } from '../../service';

export interface PageRequest {
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
}

/** @throws AwsError InvalidNextToken */
export function paginate<T>(
  items: readonly T[],
  page: PageRequest,
  defaultSize: number,
): { items: T[]; NextToken?: string } {
  const start = page.NextToken ? Number(Buffer.from(page.NextToken, 'base64url').toString()) : 0;
  if (!Number.isInteger(start) || start < 0)
    throw new AwsError('InvalidNextToken', 'The specified token is not valid.');
  const end = start + (page.MaxResults ?? defaultSize);
  return {
    items: items.slice(start, end),
    ...(end < items.length ? { NextToken: Buffer.from(String(end)).toString('base64url') } : {}),
  };
}

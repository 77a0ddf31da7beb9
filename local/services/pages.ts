/** Paging of lists that stand in memory: the token is opaque and names the position. */
import type { AwsError } from '../service';

export interface PageRequest {
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
}

export interface Page<T> {
  items: T[];
  NextToken?: string;
}

/** `invalidToken` makes the service's own error for a token that is not ours. */
export function pagesOf(invalidToken: () => AwsError, usualSize: number) {
  return <T>(items: readonly T[], page: PageRequest, defaultSize = usualSize): Page<T> => {
    const start = page.NextToken ? Number(Buffer.from(page.NextToken, 'base64url').toString()) : 0;
    if (!Number.isInteger(start) || start < 0) throw invalidToken();
    const end = start + (page.MaxResults ?? defaultSize);
    return {
      items: items.slice(start, end),
      ...(end < items.length ? { NextToken: Buffer.from(String(end)).toString('base64url') } : {}),
    };
  };
}

/** Helpers for reading requests: unsupported members, wildcards and filters, paging, idempotency. */
import { createHash } from 'node:crypto';
import type { Filter } from '@aws-sdk/client-ec2';
import { AwsError, LocalUnsupported } from '../../service';
import { pagesOf } from '../pages';

/**
 * Refuses every member that is set but not listed.
 * @throws LocalUnsupported
 */
export function allowOnly(input: object | undefined, allowed: readonly string[], where: string): void {
  for (const [name, value] of Object.entries(input ?? {})) {
    const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0);
    if (!isEmpty && !allowed.includes(name)) throw new LocalUnsupported('ec2', `${name} in ${where}`);
  }
}

/** Throws what EC2 answers to a dry run of a permitted call. */
export function checkDryRun(input: { DryRun?: boolean | undefined }): void {
  if (input.DryRun) {
    throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', { statusCode: 412 });
  }
}

/** EC2's wildcards: `*` any characters, `?` one character, a backslash takes the next literally. */
export function matchesPattern(pattern: string, value: string): boolean {
  const source = pattern.replace(/\\(.)|[*?]|[.+^${}()|[\]\\/-]/gs, (token, escaped?: string) => {
    if (escaped !== undefined) return escaped.replace(/[^\w\s]/, '\\$&');
    if (token === '*') return '.*';
    return token === '?' ? '.' : `\\${token}`;
  });
  return new RegExp(`^${source}$`, 's').test(value);
}

/** Values of one filterable property; undefined when the item has none. */
export type FilterValue<T> = (item: T) => string | boolean | number | undefined | readonly string[];

/** How filters of a kind of item are answered. */
export interface FilterTable<T> {
  values: Record<string, FilterValue<T>>;
  tags?: (item: T) => ReadonlyMap<string, string>;
}

/**
 * Keeps the items that match all filters (one value of each suffices).
 * @throws LocalUnsupported for an unknown filter
 */
export function applyFilters<T>(
  items: readonly T[],
  filters: readonly Filter[] | undefined,
  table: FilterTable<T>,
): T[] {
  const tests = (filters ?? []).map((filter) => toTest(filter, table));
  return items.filter((item) => tests.every((test) => test(item)));
}

function toTest<T>(filter: Filter, table: FilterTable<T>): (item: T) => boolean {
  const name = filter.Name ?? '';
  const patterns = filter.Values ?? [];
  const { tags } = table;
  const matchesAny = (value: string) => patterns.some((pattern) => matchesPattern(pattern, value));
  if (tags && name.startsWith('tag:')) {
    return (item) => {
      const value = tags(item).get(name.slice('tag:'.length));
      return value !== undefined && matchesAny(value);
    };
  }
  if (tags && name === 'tag-key') return (item) => [...tags(item).keys()].some(matchesAny);
  if (tags && name === 'tag-value') return (item) => [...tags(item).values()].some(matchesAny);
  const read = table.values[name];
  if (!read) throw new LocalUnsupported('ec2', `the filter '${name}'`);
  return (item) => {
    const value = read(item);
    const values = typeof value === 'object' ? value : value === undefined ? [] : [String(value)];
    return values.some(matchesAny);
  };
}

/** @throws AwsError InvalidParameterValue for a token that is not ours */
export const paginate = pagesOf(() => new AwsError('InvalidParameterValue', 'Unable to parse pagination token'), 1000);

/** Answers to requests with a client token: the same request gets the same answer. */
export class IdempotentRequests {
  readonly #answers = new Map<string, { digest: string; answer: object }>();

  /**
   * Runs `act` once per key.
   * @throws AwsError IdempotentParameterMismatch when the key was used with another request
   */
  answer<T extends object>(key: string | undefined, request: object, act: () => T): T {
    if (key === undefined) return act();
    const digest = createHash('sha256').update(canonical(request)).digest('hex');
    const known = this.#answers.get(key);
    if (known) {
      if (known.digest === digest) return known.answer as T;
      throw new AwsError(
        'IdempotentParameterMismatch',
        'The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with a different request, or wait for the previous request to complete.',
      );
    }
    const answer = act();
    this.#answers.set(key, { digest, answer });
    return answer;
  }
}

/** JSON with sorted keys: the order in which a client builds its request does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member) && !(member instanceof Date)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

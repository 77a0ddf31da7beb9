import type { Check } from '../check';

/** Where things are, and what only their services know of them. */
export interface Account {
  readonly accountId: string;
  readonly region: string;
  /** Tags of something of EC2's; undefined when there is no such thing. */
  tagsOf(resourceId: string): Iterable<readonly [string, string]> | undefined;
  /** Name of the partition key of a table or its index. */
  partitionKey(tableName: string, indexName?: string): string | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: each call has its own input, as in Operation
export type CallChecks = (input: any, account: Account) => readonly Check[];
export type ServiceCalls = Readonly<Record<string, CallChecks>>;

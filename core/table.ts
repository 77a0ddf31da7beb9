/** The one DynamoDB table: its keys, its index, and what its items are called. */
export const TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** Sparse and keys only: the records of sessions that are not released. Partition key `openShard`, sort key `pk`. */
  openIndex: 'open-sessions',
  openShard: 'openShard',
} as const;

export const RECORD = 'RECORD';
export const OPEN_SHARD = 'open';

export const sessionPk = (sessionId: string) => `SESSION#${sessionId}`;
export const instancePk = (instanceId: string) => `INSTANCE#${instanceId}`;
export const lockPk = (name: string) => `LOCK#${name}`;

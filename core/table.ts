/** The one DynamoDB table: its keys, its index, and what its items are called. */
export const TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** Sparse and keys only: the records of sessions that are not released, or whose costs are not settled. Partition key `openShard`, sort key `pk`. */
  openIndex: 'open-sessions',
  openShard: 'openShard',
  /** Sparse and keys only: sessions whose checkpoints are to be looked after, by when (ISO 8601, the sort key). */
  keptIndex: 'kept-sessions',
  keptShard: 'retentionShard',
  retentionDueAt: 'retentionDueAt',
  /** Seconds since the Unix epoch: DynamoDB deletes the item some time after. */
  timeToLive: 'expiresAtEpochSeconds',
} as const;

export const RECORD = 'RECORD';
export const OPEN_SHARD = 'open';
export const KEPT_SHARD = 'kept';

export const sessionPk = (sessionId: string) => `SESSION#${sessionId}`;
export const instancePk = (instanceId: string) => `INSTANCE#${instanceId}`;
/** Entries of one month, a session each. */
export const ledgerPk = (month: string) => `LEDGER#${month}`;
export const alertPk = (alertId: string) => `ALERT#${alertId}`;
/** Marks of the reaper, a resource each. */
export const ZOMBIES_PK = 'ZOMBIES';
export const lockPk = (name: string) => `LOCK#${name}`;
export const cursorPk = (pass: string) => `CURSOR#${pass}`;

/** Longer than any period for which an alert is published once. */
export const ALERT_KEPT_DAYS = 100;

/** A lock with an expiry, as an item of the table: reserved concurrency does not deploy in every account. */
import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock, Lock } from '../core/ports';
import { lockPk } from '../core/table';
import { MINUTE_MS, SECOND_MS } from '../core/time';
import { unlessRefused } from './unless-refused';

const LOCK = 'LOCK';
/** Between two clocks of Lambda's that are right. */
const CLOCK_ERROR_MS = MINUTE_MS;

export class DynamoLock implements Lock {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly clock: Clock,
  ) {}

  acquire(name: string, holder: string, leaseSeconds: number): Promise<boolean> {
    const now = this.clock.now();
    return unlessRefused(
      this.client.send(
        new PutCommand({
          TableName: this.tableName,
          Item: { pk: lockPk(name), sk: LOCK, holder, freeAtMs: now + leaseSeconds * SECOND_MS },
          // The SDK asks again when an answer is lost: the holder is itself then. One that is held for longer than anybody may
          // was taken by a clock that was wrong, and would be held for ever.
          ConditionExpression: 'attribute_not_exists(pk) OR holder = :holder OR freeAtMs <= :now OR freeAtMs > :latest',
          ExpressionAttributeValues: {
            ':holder': holder,
            ':now': now,
            ':latest': now + leaseSeconds * SECOND_MS + CLOCK_ERROR_MS,
          },
        }),
      ),
    );
  }

  async release(name: string, holder: string): Promise<void> {
    await unlessRefused(
      this.client.send(
        new DeleteCommand({
          TableName: this.tableName,
          Key: { pk: lockPk(name), sk: LOCK },
          ConditionExpression: 'holder = :holder',
          ExpressionAttributeValues: { ':holder': holder },
        }),
      ),
    );
  }
}

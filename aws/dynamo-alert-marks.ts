/** Which alerts were published, as items of the table. */
import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { AlertMarks, Clock } from '../core/ports';
import { ALERT_KEPT_DAYS, alertPk, TABLE } from '../core/table';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/time';
import { unlessRefused } from './unless-refused';

const MARK = 'MARK';
/** Whoever set out to publish and has not said so by then has failed, or died. */
const OUTCOME_UNKNOWN_MS = MINUTE_MS;

export class DynamoAlertMarks implements AlertMarks {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly clock: Clock,
    private readonly newId: () => string = randomUUID,
  ) {}

  claim(alertId: string): Promise<boolean> {
    const now = this.clock.now();
    // The SDK asks again when an answer is lost: the claim that stands then is this one.
    const claimId = this.newId();
    return unlessRefused(
      this.client.send(
        new PutCommand({
          TableName: this.tableName,
          Item: { ...this.#mark(alertId, now), isPublished: false, claimedAtMs: now, claimId },
          ConditionExpression:
            'attribute_not_exists(pk) OR (isPublished = :no AND (claimedAtMs <= :before OR claimId = :claim))',
          ExpressionAttributeValues: { ':no': false, ':before': now - OUTCOME_UNKNOWN_MS, ':claim': claimId },
        }),
      ),
    );
  }

  async done(alertId: string): Promise<void> {
    const Item = { ...this.#mark(alertId, this.clock.now()), isPublished: true };
    await this.client.send(new PutCommand({ TableName: this.tableName, Item }));
  }

  #mark(alertId: string, now: number) {
    const expiresAt = Math.ceil((now + ALERT_KEPT_DAYS * 24 * HOUR_MS) / SECOND_MS);
    return { pk: alertPk(alertId), sk: MARK, [TABLE.timeToLive]: expiresAt };
  }
}

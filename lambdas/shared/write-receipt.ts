import { receiptOf } from '../../core/costs/receipt';
import type { Clock, ObjectStore } from '../../core/ports';
import { receiptKey, s3Uri } from '../../core/s3-layout';
import type { Session } from '../../core/session/session';

interface Deps {
  objects: Pick<ObjectStore, 'put'>;
  bucket: string;
  clock: Clock;
}

/** Writes the receipt as it stands now, over the one before; returns its address. */
export async function writeReceipt({ objects, bucket, clock }: Deps, session: Session): Promise<string> {
  const key = receiptKey(session.sessionId);
  await objects.put(key, `${JSON.stringify(receiptOf(session, clock.now()), null, 2)}\n`);
  return s3Uri({ bucket, key });
}

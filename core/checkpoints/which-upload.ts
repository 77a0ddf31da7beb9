/** On the way out: whether an older checkpoint that is still on its way to S3 is worth waiting for when a newer one waits. */
import { LAST_WORDS_SECONDS, UPLOAD_RESERVE } from '../node/way-out';

export interface UploadsInLine {
  /** Of the older one, what is not in S3 yet. */
  olderBytesLeft: number;
  newerBytes: number;
  /** Null: nothing was measured yet. */
  bytesPerSecond: number | null;
  /** Until the node is gone; null while nothing presses. */
  secondsLeft: number | null;
}

/**
 * `finish`: both fit, or only the older one does. `abandon`: it would cost the newer one its time. Nothing measured means
 * that the older one has hardly begun. What was committed before either stays in any case.
 */
export function olderUpload({
  olderBytesLeft,
  newerBytes,
  bytesPerSecond,
  secondsLeft,
}: UploadsInLine): 'finish' | 'abandon' {
  if (secondsLeft === null) return 'finish';
  if (bytesPerSecond === null || bytesPerSecond <= 0) return 'abandon';
  const fits = (sizeBytes: number) => (sizeBytes / bytesPerSecond) * UPLOAD_RESERVE + LAST_WORDS_SECONDS <= secondsLeft;
  if (fits(olderBytesLeft + newerBytes)) return 'finish';
  return !fits(newerBytes) && fits(olderBytesLeft) ? 'finish' : 'abandon';
}

/**
 * Whether the two minutes of a spot notice are enough to save and upload a checkpoint, by what the job's last one took. Said
 * early in a run: in an interruption it would be too late.
 */
import type { CommittedCheckpoint } from './node-status';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html */
const NOTICE_SECONDS = 120;
/** The notice is looked for every 5 s, and the last word takes its time. */
const OTHER_SECONDS = 10;
/** What a node keeps for its last words before it is gone. */
export const LAST_WORDS_SECONDS = 5;
/** An upload may be slower than the last one: the agent ends training so much earlier. */
export const UPLOAD_RESERVE = 1.5;

/** Between the nodes of a gang, from one's SIGTERM to another's: what the order to stop takes to be seen, and to be waited for. */
const GANG_SKEW_SECONDS = 25;

/**
 * For so long after its SIGTERM a node may take it that none of its gang was killed: each has its grace, or, with a notice,
 * what that leaves after `reserveSeconds` for the upload. Later a rank may have failed for another in the middle of its save.
 */
export function gangIsWholeSeconds(graceSeconds: number, reserveSeconds: number): number {
  const sureSeconds = Math.max(0, Math.min(graceSeconds, NOTICE_SECONDS - reserveSeconds));
  return sureSeconds - Math.min(GANG_SKEW_SECONDS, sureSeconds / 2);
}

export interface WayOut {
  /** Writing it; null: not measured. */
  saveSeconds: number | null;
  /** At the measured rate, with reserve. */
  uploadSeconds: number;
  /** From the notice to the last word. */
  neededSeconds: number;
  /** Of what a notice gives. */
  availableSeconds: number;
  isEnough: boolean;
  /** limits.graceSeconds is shorter than the save alone, with a notice or without. */
  isGraceTooShort: boolean;
}

export function wayOutOf(
  { saveSeconds = null, uploadSeconds }: Pick<CommittedCheckpoint, 'saveSeconds' | 'uploadSeconds'>,
  graceSeconds: number,
): WayOut {
  const upload = uploadSeconds * UPLOAD_RESERVE;
  const neededSeconds = (saveSeconds ?? 0) + upload + OTHER_SECONDS;
  const isGraceTooShort = saveSeconds !== null && saveSeconds > graceSeconds;
  return {
    saveSeconds,
    uploadSeconds: upload,
    neededSeconds,
    availableSeconds: NOTICE_SECONDS,
    isEnough: neededSeconds <= NOTICE_SECONDS,
    isGraceTooShort,
  };
}

/** e.g. `saving 80 s and uploading 65 s take 155 s with what else there is to do` */
export function wayOutWords({ saveSeconds, uploadSeconds, neededSeconds }: WayOut): string {
  const whole = (seconds: number) => `${Math.ceil(seconds)} s`;
  const save = saveSeconds === null ? '' : `saving ${whole(saveSeconds)} and `;
  return `${save}uploading ${whole(uploadSeconds)} take ${whole(neededSeconds)} with what else there is to do`;
}

/** Why something is granted that no test uses. A reason for something that is used is an error, too. */
import type { Reason } from './judge';

export const REASONS: readonly Reason[] = [];

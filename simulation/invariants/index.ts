import { everySessionEnds } from './every-session-ends';
import type { Invariant } from './invariant';

export type { Broken, Invariant, Violation } from './invariant';

export const INVARIANTS: readonly (() => Invariant)[] = [everySessionEnds];

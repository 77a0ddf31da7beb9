import { attemptsEndForAReason } from './attempts-end-for-a-reason';
import { checkpointsAreKept } from './checkpoints-are-kept';
import { costsAreTrue } from './costs-are-true';
import { eachAlertOnce } from './each-alert-once';
import { everySessionEnds } from './every-session-ends';
import { gangsAreWhole } from './gangs-are-whole';
import type { Invariant } from './invariant';
import { limitsHold } from './limits-hold';
import { littleWorkIsLost } from './little-work-is-lost';
import { noFalseAlarm } from './no-false-alarm';
import { noFunctionBreaks } from './no-function-breaks';
import { nothingOutlivesItsSession } from './nothing-outlives-its-session';
import { oneNotification } from './one-notification';
import { oneTrainsAtATime } from './one-trains-at-a-time';
import { onlyOurOwnIsTouched } from './only-our-own-is-touched';
import { secretsStaySecret } from './secrets-stay-secret';
import { theEndIsTrue } from './the-end-is-true';

export type { Broken, Invariant, Violation } from './invariant';

export const INVARIANTS: readonly (() => Invariant)[] = [
  nothingOutlivesItsSession,
  oneTrainsAtATime,
  gangsAreWhole,
  everySessionEnds,
  oneNotification,
  eachAlertOnce,
  checkpointsAreKept,
  littleWorkIsLost,
  attemptsEndForAReason,
  theEndIsTrue,
  costsAreTrue,
  limitsHold,
  noFalseAlarm,
  noFunctionBreaks,
  onlyOurOwnIsTouched,
  secretsStaySecret,
];

import type { StateType } from '../definition/types';
import type { StateHandler } from '../engine/state-handler';
import { ChoiceHandler } from './choice';
import { FailHandler } from './fail';
import { MapHandler } from './map';
import { ParallelHandler } from './parallel';
import { PassHandler } from './pass';
import { SucceedHandler } from './succeed';
import { TaskHandler } from './task';
import { WaitHandler } from './wait';

/** Handlers hold no state of their own: one serves every visit. */
export const HANDLERS: Readonly<Record<StateType, StateHandler>> = {
  Task: new TaskHandler(),
  Choice: new ChoiceHandler(),
  Wait: new WaitHandler(),
  Pass: new PassHandler(),
  Parallel: new ParallelHandler(),
  Map: new MapHandler(),
  Succeed: new SucceedHandler(),
  Fail: new FailHandler(),
};

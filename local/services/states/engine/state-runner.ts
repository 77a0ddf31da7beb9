import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Program, StateDefinition, StateType } from '../definition/types';
import { HANDLERS } from '../handlers/handlers';
import { MAX_PAYLOAD_BYTES, type Payload } from '../json';
import { JsonataQuery } from '../query/jsonata-query';
import { JsonPathQuery } from '../query/jsonpath-query';
import { assignVariables } from './assign';
import { findCatcher, Retries } from './error-handling';
import { asFailure, dataLimitExceeded, Halted, QueryFailure, type StateFailure } from './failure';
import { Frame } from './frame';
import { type EventDetails, failureDetails, inputDetails, outputDetails } from './history';
import type { StateHandler, Transition } from './state-handler';
import type { Strand } from './strand';

/** Runs states from StartAt to an end and returns the last output. The caller's strand has the turn. */
export async function runProgram(strand: Strand, program: Program, input: Payload): Promise<Payload> {
  let name: string | undefined = program.StartAt;
  let current = input;
  while (name !== undefined) {
    const state: StateDefinition | undefined = program.States[name];
    if (!state) throw new Error(`No state '${name}': the definition was not validated.`);
    const transition: Transition = await runState(strand, name, state, current);
    current = transition.output;
    name = transition.next;
  }
  return current;
}

async function runState(strand: Strand, name: string, state: StateDefinition, input: Payload): Promise<Transition> {
  const previousEventId = strand.lastEventId;
  const enteredEventId = strand.record(entered(state.Type), {
    stateEnteredEventDetails: { name, ...inputDetails(input) },
  });
  strand.current = isAbortable(state.Type) ? state.Type : undefined;
  const frame = new Frame(strand, { name, state, input, previousEventId, enteredEventId }, (self) =>
    self.language === 'JSONata' ? new JsonataQuery(self) : new JsonPathQuery(self),
  );
  const transition = await attempt(frame, HANDLERS[state.Type]);
  exit(frame, transition);
  return transition;
}

/** Runs the handler until it succeeds, is caught, or fails for good. */
async function attempt(frame: Frame, handler: StateHandler): Promise<Transition> {
  const retries = new Retries(frame.state.Retry, frame.strand.run.options.random);
  for (;;) {
    try {
      return withinLimit(frame, await handler.run(frame));
    } catch (error) {
      const failure = recordFailure(frame, error);
      if (failure.isFatal) throw failure;
      const delayMs = retries.nextDelayMs(failure);
      if (delayMs !== undefined) {
        await frame.strand.sleep(delayMs);
        frame.retryCount++;
        continue;
      }
      return await recover(frame, handler, failure);
    }
  }
}

/** Goes to the catcher, if there is one; a catcher whose own query fails makes the state fail a second time. */
async function recover(frame: Frame, handler: StateHandler, failure: StateFailure): Promise<Transition> {
  const { strand, state, query } = frame;
  const failedEventId = strand.lastEventId;
  handler.failed?.(frame);
  const index = findCatcher(state.Catch, failure);
  const catcher = state.Catch?.[index];
  if (!catcher) throw failure;
  try {
    return { ...(await query.caught(catcher, index, failure)), next: catcher.Next };
  } catch (error) {
    if (error instanceof QueryFailure) strand.lastEventId = failedEventId;
    const second = recordFailure(frame, error);
    if (!second.isFatal) handler.failed?.(frame);
    throw second;
  }
}

function recordFailure(frame: Frame, error: unknown): StateFailure {
  if (error instanceof Halted) throw error;
  const failure = asFailure(error);
  if (failure instanceof QueryFailure && failure.stateName === frame.name && !failure.recorded) {
    failure.recorded = true;
    const details: EventDetails = {
      evaluationFailedEventDetails: {
        ...failureDetails(failure),
        error: failure.error,
        state: failure.stateName,
        ...(failure.location !== undefined && { location: failure.location }),
      },
    };
    if (failure.isLate) frame.strand.record('EvaluationFailed', details);
    else frame.recordAtOnce('EvaluationFailed', details);
  }
  return failure;
}

function withinLimit(frame: Frame, transition: Transition): Transition {
  if (transition.output.sizeBytes > MAX_PAYLOAD_BYTES) throw dataLimitExceeded(frame.name);
  return transition;
}

function exit(frame: Frame, { output, assigned }: Transition): void {
  const { strand, name, state } = frame;
  strand.current = undefined;
  strand.record(exited(state.Type), {
    stateExitedEventDetails: { name, ...outputDetails(output), ...assignVariables(frame, assigned) },
  });
}

const entered = (type: StateType): HistoryEventType => `${type}StateEntered`;

/** Fail is never left. */
function exited(type: StateType): HistoryEventType {
  if (type === 'Fail') throw new Error('A Fail state has no exit.');
  return `${type}StateExited`;
}

function isAbortable(type: StateType): type is 'Task' | 'Wait' | 'Map' | 'Parallel' {
  return type === 'Task' || type === 'Wait' || type === 'Map' || type === 'Parallel';
}

import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock } from '../../../clock';
import type { Payload } from '../json';

/** Everything of an event but what the history itself assigns. */
export type EventDetails = Omit<HistoryEvent, 'id' | 'previousEventId' | 'timestamp' | 'type'>;

/** The hard limit of a Standard execution; the last event is the failure itself. */
export const MAX_EVENTS = 25_000;

/** The event stream of one execution, in order, ids from 1. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when only the execution's own end still fits. */
  get isFull(): boolean {
    return this.events.length >= MAX_EVENTS - 1;
  }

  append(type: HistoryEventType, previousEventId: number, details: EventDetails = {}): number {
    const id = this.events.length + 1;
    this.events.push({ timestamp: new Date(this.#clock.now()), type, id, previousEventId, ...details });
    return id;
  }
}

const whole = { truncated: false };

/** `input` with its details, as events carry them. */
export function inputDetails(input: Payload) {
  return { input: input.text, inputDetails: whole };
}

/** `output` with its details, as events carry them. */
export function outputDetails(output: Payload) {
  return { output: output.text, outputDetails: whole };
}

/** A failure as events carry it; AWS leaves out what is not known. */
export function failureDetails(failure: { error: string | undefined; failureCause: string | undefined }) {
  return {
    ...(failure.error !== undefined && { error: failure.error }),
    ...(failure.failureCause !== undefined && { cause: failure.failureCause }),
  };
}

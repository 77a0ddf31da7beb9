/** The states that executions were in: only what is new of a history is read. */
import { GetExecutionHistoryCommand, type HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import type { StateEvent } from '../../core/view/state-timings';
import type { ClientConfig } from '../cloud/client-config';

const EVENTS_A_PAGE = 1000;
/** Executions at hand: those that somebody looks at. */
const MOST_KEPT = 50;

export class StateHistory {
  readonly #states: SFNClient;
  readonly #kept = new Map<string, { lastId: number; events: StateEvent[] }>();

  constructor(client: ClientConfig) {
    this.#states = new SFNClient(client);
  }

  /** null: Step Functions does not know the execution (any more). */
  async of(executionArn: string): Promise<StateEvent[] | null> {
    const kept = this.#kept.get(executionArn) ?? { lastId: 0, events: [] };
    const fresh = await this.#newerThan(executionArn, kept.lastId);
    if (fresh === null) return null;
    const lastId = Math.max(kept.lastId, ...fresh.map(({ id = 0 }) => id));
    const events = [...kept.events, ...fresh.flatMap(stateEvents)];
    this.#kept.delete(executionArn);
    this.#kept.set(executionArn, { lastId, events });
    for (const [oldest] of this.#kept) if (this.#kept.size > MOST_KEPT) this.#kept.delete(oldest);
    return events;
  }

  /** Newest first, back to what is known. */
  async #newerThan(executionArn: string, lastId: number): Promise<HistoryEvent[] | null> {
    const found: HistoryEvent[] = [];
    let nextToken: string | undefined;
    try {
      do {
        const page = await this.#states.send(
          new GetExecutionHistoryCommand({
            executionArn,
            reverseOrder: true,
            includeExecutionData: false,
            maxResults: EVENTS_A_PAGE,
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
        );
        const events = page.events ?? [];
        found.push(...events.filter(({ id = 0 }) => id > lastId));
        nextToken = events.some(({ id = 0 }) => id <= lastId) ? undefined : page.nextToken;
      } while (nextToken !== undefined);
      return found;
    } catch (error) {
      if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return null;
      throw error;
    }
  }
}

function stateEvents({ id, timestamp, stateEnteredEventDetails, stateExitedEventDetails }: HistoryEvent): StateEvent[] {
  const state = stateEnteredEventDetails?.name ?? stateExitedEventDetails?.name;
  if (id === undefined || timestamp === undefined || state === undefined) return [];
  return [{ id, at: timestamp.toISOString(), kind: stateEnteredEventDetails ? 'entered' : 'exited', state }];
}

/**
 * All sessions, kept at hand. What has ended and is paid for does not change any more and is not asked for again, so that a
 * thousand sessions cost as many calls as those that run; the page is told of changes alone.
 */
import type { Clock } from '../../core/ports';
import { ms } from '../../core/time';
import type { SessionChanges } from '../../core/view/page-api';
import { type SessionRow, sessionRow } from '../../core/view/session-row';
import { sessionView } from '../../core/view/session-view';
import type { ExecutionLook, SessionSources } from '../../core/view/sources';
import type { Sessions } from '../cloud/sessions';

/** More than the page lists; `runctl ls -n` has older ones. */
const MOST_SESSIONS = 2000;
/** Costs settle within minutes; after this they will not any more. */
const SETTLED_AFTER_MS = 60 * 60_000;

export interface SessionListingOptions {
  sessions: Pick<Sessions, 'changed'>;
  clock: Clock;
  /** Real time, in milliseconds: however fast the cloud's clock runs. */
  monotonicMs: () => number;
  /** However often the page asks, the cloud is asked not more often than this. */
  leastMs: number;
}

interface Kept {
  row: SessionRow;
  written: string;
  version: number;
  isSettled: boolean;
  execution: ExecutionLook | null;
}

export class SessionListing {
  readonly #kept = new Map<string, Kept>();
  #version = 0;
  #hasMore = false;
  #refreshedMs = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;

  constructor(private readonly options: SessionListingOptions) {}

  async since(version: number): Promise<SessionChanges> {
    await this.#refresh();
    // Of another run of this server: everything is new.
    const from = version > this.#version ? 0 : version;
    const rows = [...this.#kept.values()].filter((each) => each.version > from).map(({ row }) => row);
    return { version: this.#version, now: this.options.clock.now(), rows, hasMore: this.#hasMore };
  }

  /** After a change of ours: the next look is a new one. */
  expire(): void {
    this.#refreshedMs = Number.NEGATIVE_INFINITY;
  }

  /** One at a time, whoever asks. */
  #refresh(): Promise<void> {
    const { monotonicMs, leastMs } = this.options;
    if (this.#refreshing === undefined && monotonicMs() - this.#refreshedMs < leastMs) return Promise.resolve();
    this.#refreshing ??= this.#look().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #look(): Promise<void> {
    const known = [...this.#kept.values()].flatMap(({ isSettled, execution }) =>
      isSettled || execution === null ? [] : [execution],
    );
    const isSettled = (sessionId: string) => this.#kept.get(sessionId)?.isSettled ?? false;
    const { sources, hasMore } = await this.options.sessions.changed(MOST_SESSIONS, { isSettled, known });
    this.#hasMore = hasMore;
    const version = this.#version + 1;
    const changed = sources.filter((each) => this.#keep(each, version));
    if (changed.length > 0) this.#version = version;
    this.#refreshedMs = this.options.monotonicMs();
  }

  /** Whether it differs from what was kept. */
  #keep(sources: SessionSources, version: number): boolean {
    const view = sessionView(sources);
    const row = sessionRow(view);
    const written = JSON.stringify(row);
    const before = this.#kept.get(row.sessionId);
    const isSettled = row.isOver && isPaid(sources);
    const isSame = before?.written === written;
    const kept = { row, written, isSettled, execution: sources.execution };
    this.#kept.set(row.sessionId, { ...kept, version: isSame ? before.version : version });
    return !isSame;
  }
}

function isPaid({ session, execution, now }: SessionSources): boolean {
  if (session === null || session.costsSettledAt !== null) return true;
  const endedAt = session.outcome?.at ?? execution?.endedAt;
  return endedAt != null && now - ms(endedAt) > SETTLED_AFTER_MS;
}

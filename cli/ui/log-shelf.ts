/** Log books of the sessions that somebody looks at, and the metrics in them. */

import { leaderOf } from '../../core/session/attempts';
import type { Attempt, Session } from '../../core/session/session';
import type { LogsAnswer, MetricsAnswer } from '../../core/view/page-api';
import type { SessionSources } from '../../core/view/sources';
import { notFound } from '../cli-error';
import type { Logs } from '../cloud/logs';
import { keepNewest } from './keep-newest';
import { LogBook } from './log-book';
import type { LogQuery } from './page-api';

/** About as many points as a wide screen has pixels. */
const MOST_POINTS = 1600;
/** Of one session all are kept, however many: what is thrown away would be read anew at the next look. */
const MOST_BOOKS = 24;

export interface Looked {
  session: Session;
  reports: SessionSources['reports'];
}

export class LogShelf {
  readonly #books = new Map<string, LogBook>();

  constructor(private readonly logs: Pick<Logs, 'next' | 'whole'>) {}

  async read(session: Session, { attempt: number, node, generation, from }: LogQuery): Promise<LogsAnswer> {
    const attempt = session.attempts.find((each) => each.number === number);
    const book = attempt && this.#book(session, attempt, node);
    if (attempt === undefined || book === undefined) {
      throw notFound(`Attempt ${number} of ${session.sessionId} has no node ${node}.`, 'It may not be launched yet.');
    }
    const isOver = attempt.verdict !== null || session.outcome !== null;
    await book.refresh(isOver);
    return { attempt: number, isOver, ...book.page(generation, from) };
  }

  /** Of the leaders: it is they who speak of progress. */
  async metrics({ session, reports }: Looked, version: string): Promise<MetricsAnswer> {
    const books = session.attempts.flatMap((attempt) => {
      const book = this.#book(session, attempt, 0);
      return book === undefined ? [] : [{ attempt, book }];
    });
    await Promise.all(
      books.map(({ attempt, book }) => book.refresh(attempt.verdict !== null || session.outcome !== null)),
    );
    for (const { attempt, book } of books) {
      const leader = leaderOf(attempt);
      const progress = leader && reports.get(leader.userId)?.status?.progress;
      if (progress) book.hear(progress);
    }
    const current = books.map(({ attempt, book }) => `${attempt.number}.${book.version}`).join('-');
    if (current === version && current !== '') return { version };
    const attempts = books.map(({ attempt, book }) => ({
      attempt: attempt.number,
      metrics: book.metrics.metrics(MOST_POINTS),
    }));
    return { version: current, attempts };
  }

  #book({ sessionId, attempts }: Session, { number, nodes }: Attempt, rank: number): LogBook | undefined {
    const node = nodes.find((each) => each.rank === rank);
    if (node === undefined) return undefined;
    const { instanceId, userId } = node;
    const book = this.#books.get(userId) ?? new LogBook(this.logs, { sessionId, attempt: number, instanceId, userId });
    keepNewest(this.#books, userId, book, Math.max(MOST_BOOKS, attempts.length + 1));
    return book;
  }
}

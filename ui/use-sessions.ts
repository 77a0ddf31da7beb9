/** All sessions: the first answer has all, later ones those that changed. Rows that did not change stay the same objects. */
import type { SessionChanges } from '../core/view/page-api';
import type { SessionRow } from '../core/view/session-row';
import { type Polled, usePolled } from './use-polled';

export interface SessionList extends SessionChanges {
  byId: ReadonlyMap<string, SessionRow>;
}

function merge(before: SessionList | undefined, answer: SessionChanges): SessionList {
  const byId = new Map(before?.byId ?? []);
  for (const row of answer.rows) byId.set(row.sessionId, row);
  const isSame = before !== undefined && answer.rows.length === 0;
  const rows = isSame ? before.rows : [...byId.values()].sort(newestFirst);
  return { ...answer, rows, byId };
}

const newestFirst = (a: SessionRow, b: SessionRow) => ((a.createdAt ?? '') < (b.createdAt ?? '') ? 1 : -1);

export function useSessions(): Polled<SessionList> {
  return usePolled<SessionList>((known) => `sessions?since=${known?.version ?? 0}`, 'sessions', { merge });
}

/** Changes a record by a pure function; who loses the race reads again and decides again. */
import { isDeepStrictEqual } from 'node:util';
import { RunctlError } from '../../core/errors';
import type { SessionStore } from '../../core/ports';
import { fitRecord } from '../../core/session/fit-record';
import type { Session } from '../../core/session/session';

const TRIES = 6;

/** What a change makes of the record, and whatever else it has to say. */
export interface Change<T> {
  session: Session;
  result: T;
}

/** Throws ConfigInvalid when there is no such record, WriteConflict when the race was lost too often. */
export async function changeSession<T>(
  sessions: Pick<SessionStore, 'get' | 'save'>,
  sessionId: string,
  change: (session: Session) => Change<T>,
): Promise<Change<T>> {
  for (let tryNumber = 1; ; tryNumber++) {
    const before = await sessions.get(sessionId);
    if (before === undefined) throw new RunctlError('ConfigInvalid', `There is no record of session ${sessionId}.`);
    const asked = change(before);
    const changed = { ...asked, session: fitRecord(asked.session) };
    if (isDeepStrictEqual(before, changed.session)) return { ...changed, session: before };
    try {
      return { ...changed, session: await sessions.save(changed.session) };
    } catch (error) {
      const isConflict = error instanceof RunctlError && error.name === 'WriteConflict';
      if (!isConflict || tryNumber >= TRIES) throw error;
    }
  }
}

export async function updateSession(
  sessions: SessionStore,
  sessionId: string,
  change: (session: Session) => Session,
): Promise<Session> {
  const { session } = await changeSession(sessions, sessionId, (before) => ({
    session: change(before),
    result: undefined,
  }));
  return session;
}

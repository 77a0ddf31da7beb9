import { retentionOf, withRetention } from '../../core/checkpoints/retention';
import { invalidJobSpec } from '../../core/job/job-spec-problems';
import type { SessionStore } from '../../core/ports';
import type { Session } from '../../core/session/session';
import { changeSession } from '../shared/update-session';

/**
 * Writes into the record of the session that is resumed from, and of those that it had resumed from itself, that
 * `sessionId` needs their checkpoints: they are kept as long as its own. Done before the new record is made; a holder
 * that never comes to be holds nothing. Throws InvalidJobSpec when they are deleted already.
 */
export async function holdCheckpoints(
  sessions: Pick<SessionStore, 'get' | 'save'>,
  sessionId: string,
  resumed: Session | undefined,
): Promise<void> {
  const seen = new Set([sessionId]);
  for (let current = resumed; current !== undefined && !seen.has(current.sessionId); ) {
    seen.add(current.sessionId);
    const { session } = await changeSession(sessions, current.sessionId, (before) => ({
      session: held(before, sessionId),
      result: undefined,
    }));
    const deletedAt = retentionOf(session).deletion?.requestedAt;
    if (deletedAt !== undefined && current === resumed) throw deleted(session.sessionId, deletedAt);
    const { resumeFrom } = session.job;
    current = resumeFrom === null ? undefined : await sessions.get(resumeFrom);
  }
}

function held(session: Session, by: string): Session {
  const { heldBy, deletion } = retentionOf(session);
  return deletion !== null || heldBy.includes(by) ? session : withRetention(session, { heldBy: [...heldBy, by] });
}

function deleted(sessionId: string, at: string) {
  const message = `found ${sessionId}; its checkpoints were deleted on ${at.slice(0, 10)}, after their time (checkpointDaysAfterSuccess, checkpointDaysResumable in cdk.json)`;
  return invalidJobSpec([{ field: 'resumeFrom', message }]);
}

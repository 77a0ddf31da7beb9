/** Which of a session's attempts is which, and what its nodes are up to. */
import { startsNewAttempt } from '../errors';
import type { Attempt, Node, Session } from './session';

/**
 * The attempt that speaks for the session: the first that none follows. Later ones are, or were, prepared to replace it.
 * Between two attempts it is the one that ended last.
 */
export function currentAttempt({ attempts }: Pick<Session, 'attempts'>): Attempt | undefined {
  return attempts.find(({ verdict }) => verdict === null || !startsNewAttempt(verdict.error)) ?? attempts.at(-1);
}

/** Of all attempts, the oldest first. */
export function allNodes({ attempts }: Pick<Session, 'attempts'>): Node[] {
  return attempts.flatMap(({ nodes }) => nodes);
}

export function instanceIdsOf(session: Pick<Session, 'attempts'>): string[] {
  return allNodes(session).map(({ instanceId }) => instanceId);
}

/** The session with the attempt in the place of the one of its number, or as a further one. */
export function withAttempt(session: Session, changed: Attempt): Session {
  const others = session.attempts.filter(({ number }) => number !== changed.number);
  return { ...session, attempts: [...others, changed].sort((a, b) => a.number - b.number) };
}

/** Whether an attempt of that number is, or would be, prepared while an older one goes on. */
export function isReplacement(session: Session, number: number): boolean {
  const current = currentAttempt(session);
  return current !== undefined && current.number < number && current.verdict === null;
}

/** The attempt that is prepared to take the current one's place. */
export function replacementOf(session: Session): Attempt | undefined {
  const current = currentAttempt(session);
  return session.attempts.find(({ number, verdict }) => number > (current?.number ?? 0) && verdict === null);
}

/** The current attempt and its replacement, as far as they were not judged. */
export function openAttempts(session: Session): Attempt[] {
  const attempts = [currentAttempt(session), replacementOf(session)];
  return attempts.filter((attempt) => attempt !== undefined).filter(({ verdict }) => verdict === null);
}

/** Whether it is more than a replacement that was given up: that one never trained. */
export const hasTakenPart = ({ verdict }: Pick<Attempt, 'verdict'>) => verdict?.error !== 'ReplacementDropped';

/** The one that this attempt follows. */
export function attemptBefore({ attempts }: Session, { number }: Pick<Attempt, 'number'>): Attempt | undefined {
  return attempts.findLast((each) => each.number < number && hasTakenPart(each));
}

/** The one that follows this attempt. */
export function attemptAfter({ attempts }: Session, { number }: Pick<Attempt, 'number'>): Attempt | undefined {
  return attempts.find((each) => each.number > number && hasTakenPart(each));
}

/** Rank 0: it speaks for the attempt. */
export function leaderOf({ nodes }: Pick<Attempt, 'nodes'>): Node | undefined {
  return nodes.find(({ rank }) => rank === 0);
}

/** The attempt that goes on and its leader; undefined when it was judged, the session has ended, or the leader is on its way out. */
export function activeAttempt(session: Session): { attempt: Attempt; leader: Node } | undefined {
  const attempt = currentAttempt(session);
  const leader = attempt && leaderOf(attempt);
  if (attempt === undefined || leader === undefined || isEnding(leader)) return undefined;
  return attempt.verdict === null && session.outcome === null ? { attempt, leader } : undefined;
}

/** No longer on the bill. */
export function isGone(node: Node): boolean {
  return node.state === 'terminated' || node.state === 'gone';
}

/** Never runs again. */
export function isEnding(node: Node): boolean {
  return isGone(node) || node.state === 'shutting-down' || node.state === 'stopping' || node.state === 'stopped';
}

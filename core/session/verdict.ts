/** An attempt's end in the record. */
import { iso } from '../time';
import { type Attempt, type Session, type Verdict, withTimeline } from './session';

/** The session with the attempt's verdict, which nobody changes any more. `now` is in milliseconds since the Unix epoch. */
export function withVerdict(
  session: Session,
  { number }: Pick<Attempt, 'number'>,
  { error, message }: Pick<Verdict, 'error' | 'message'>,
  now: number,
): Session {
  const verdict: Verdict = { error, message, at: iso(now) };
  const attempts = session.attempts.map((each) => (each.number === number ? { ...each, verdict } : each));
  return withTimeline({ ...session, attempts }, verdict.at, `Attempt ${number} ended: ${message}`);
}

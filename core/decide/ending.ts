/** From how the state machine came to its end to the session's outcome. */
import { ERROR_CLASSES, type ErrorName, isResumable } from '../errors';
import { resumeHint } from '../notifications';
import { type Outcome, type Session, withTimeline } from '../session/session';
import { iso } from '../time';

/** As the state machine caught it. */
export interface Failure {
  error: string;
  cause: string;
}

/** The session with its outcome; the first one stands. `failure` null: it succeeded. */
export function endSession(session: Session, failure: Failure | null, now: number): Session {
  if (session.outcome !== null) return session;
  const at = iso(now);
  const outcome = failure === null ? succeeded(session, at) : failed(session, failure, at);
  return withTimeline({ ...session, outcome }, at, `Ended: ${outcome.error ?? 'succeeded'}`);
}

function succeeded({ resultsUri }: Session, at: string): Outcome {
  return {
    result: 'succeeded',
    error: null,
    message: `Training finished; results: ${resultsUri}`,
    at,
    resumable: false,
  };
}

function failed(session: Session, { error, cause }: Failure, at: string): Outcome {
  const message = readableCause(cause);
  const hasTrained = session.attempts.some(({ nodes }) => nodes.length > 0);
  // Errors that are not the domain's (States.*, Lambda.*) are troubles of the machinery: the checkpoints are good.
  const resumable = hasTrained && (isErrorName(error) ? isResumable(error) : true);
  const result = isErrorName(error) && ERROR_CLASSES[error] === 'stop' ? 'stopped' : 'failed';
  return {
    result,
    error,
    message: resumable ? `${message}\n${resumeHint(session.sessionId)}` : message,
    at,
    resumable,
  };
}

function isErrorName(name: string): name is ErrorName {
  return name in ERROR_CLASSES;
}

/** A Lambda's failure arrives as JSON; people are shown what it says. */
export function readableCause(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    if (typeof parsed === 'object' && parsed !== null && 'errorMessage' in parsed) return String(parsed.errorMessage);
  } catch {
    // It is a text already.
  }
  return cause;
}

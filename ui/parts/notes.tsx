/** What stands where there is nothing (yet), or where something went wrong. */
import type { ComponentChildren } from 'preact';
import type { CallFailure } from '../api';

export function Failure({ failure }: { failure: CallFailure }) {
  return (
    <div class="notice bad" role="alert">
      <strong>{failure.message}</strong>
      {failure.hint && <p>{failure.hint}</p>}
      {failure.problems.length > 0 && (
        <ul>
          {failure.problems.map(({ field, message }) => (
            <li key={field + message}>
              <code>{field || 'job'}</code>: {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <p class="empty" role="status">
      <span class="spinner" aria-hidden="true" /> Looking at {what} …
    </p>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children && <div>{children}</div>}
    </div>
  );
}

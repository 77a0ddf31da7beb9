/** Calls of the server that brought this page. The token comes in the address, and goes back in a header. */
import type { SpecProblem } from '../core/job/job-spec-problems';
import type { PageError } from '../core/view/page-api';

const KEY = 'runctl-token';
const IN_ADDRESS = /^#token=([\w-]+)/;

/** Out of the address, so that it is in no bookmark and on no screenshot. Other ports are other origins: they cannot read it. */
export function takeToken(): void {
  const token = IN_ADDRESS.exec(location.hash)?.[1];
  if (token === undefined) return;
  localStorage.setItem(KEY, token);
  history.replaceState(null, '', `${location.pathname}#/`);
}

/** What the server, or the way to it, says instead of an answer. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';

  constructor(
    /** 0: nobody answered. */
    readonly status: number,
    { message, hint, problems }: PageError,
  ) {
    super(message);
    this.hint = hint;
    this.problems = problems ?? [];
  }

  readonly hint: string | undefined;
  readonly problems: readonly SpecProblem[];
}

export const get = <T>(path: string, signal?: AbortSignal) => call<T>('GET', path, undefined, signal);
export const post = <T>(path: string, body: object = {}, signal?: AbortSignal) => call<T>('POST', path, body, signal);

async function call<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const response = await fetch(`/api/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${localStorage.getItem(KEY) ?? ''}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    const hint = 'Start it again: runctl ui (or runctl local up), and open the address that it prints.';
    throw new CallFailure(0, { message: 'runctl does not answer any more.', hint });
  });
  const answer = (await response.json().catch(() => ({ message: `The answer was ${response.status}.` }))) as T;
  if (!response.ok) throw new CallFailure(response.status, answer as PageError);
  return answer;
}

export function asFailure(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  return new CallFailure(0, { message: error instanceof Error ? error.message : String(error) });
}

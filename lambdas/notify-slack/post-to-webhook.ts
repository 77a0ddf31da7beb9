/**
 * Posts to a webhook whose address is the secret: it stands in no error and no log. Refusals that may pass (429, 5xx,
 * no answer in time) are tried again a few times; then the error goes to Lambda, which calls the function again later
 * and puts the event into the dead-letter queue in the end.
 */

export interface WebhookDeps {
  fetch: typeof fetch;
  pause: (durationMs: number) => Promise<void>;
}

/** All tries and pauses together stay under the function's time-out. */
const PAUSES_MS = [1_000, 2_000, 4_000];
const ANSWER_WITHIN_MS = 5_000;
/** However long Slack would like to be left alone. */
const LONGEST_PAUSE_MS = 8_000;

/** The webhook took nothing. `message` says what it answered. */
export class WebhookFailed extends Error {
  override readonly name = 'WebhookFailed';
}

interface Refusal {
  what: string;
  mayPass: boolean;
  /** As the answer asked for. */
  pauseMs: number | null;
}

/** Throws WebhookFailed. */
export async function postToWebhook(address: string, payload: object, deps: WebhookDeps): Promise<void> {
  const url = parseAddress(address);
  for (const pauseMs of [...PAUSES_MS, null]) {
    const refusal = await post(url, payload, deps.fetch);
    if (refusal === null) return;
    if (pauseMs === null || !refusal.mayPass) throw new WebhookFailed(`The webhook took no message: ${refusal.what}.`);
    await deps.pause(Math.min(refusal.pauseMs ?? pauseMs, LONGEST_PAUSE_MS));
  }
}

/** URL's own error has the text that it was given. */
function parseAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  const isLocal = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost';
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) return url;
  throw new WebhookFailed('The parameter does not hold the https address of a webhook.');
}

async function post(url: URL, payload: object, send: typeof fetch): Promise<Refusal | null> {
  try {
    const response = await send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(payload),
      // The address would go along.
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await response.body?.cancel();
    if (response.ok) return null;
    const { status } = response;
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    return {
      what: `it answered ${status}`,
      mayPass: status === 429 || status >= 500,
      pauseMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : null,
    };
  } catch (error) {
    return { what: `it could not be reached (${reasonOf(error)})`, mayPass: true, pauseMs: null };
  }
}

/** A name or a code only: messages may quote the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name;
}

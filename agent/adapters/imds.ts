/** Instance metadata, version 2: a session token first. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
import type { Metadata } from '../ports';

const TOKEN_SECONDS = 21_600;
/** Of real time: the service answers in milliseconds or is not there. */
const ANSWER_WITHIN_MS = 2_000;

export class Imds implements Metadata {
  #token: string | undefined;

  /** `endpoint`, e.g. http://169.254.169.254 */
  constructor(private readonly endpoint: string) {}

  async get(path: string): Promise<string | undefined> {
    const first = await this.#ask(path);
    const response = first.status === 401 ? await this.#askAgain(path) : first;
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`instance metadata answered ${response.status} for ${path}`);
    return response.text();
  }

  #askAgain(path: string): Promise<Response> {
    this.#token = undefined;
    return this.#ask(path);
  }

  async #ask(path: string): Promise<Response> {
    this.#token ??= await this.#fetchToken();
    return fetch(`${this.endpoint}/latest/${path}`, {
      headers: { 'x-aws-ec2-metadata-token': this.#token },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  }

  async #fetchToken(): Promise<string> {
    const response = await fetch(`${this.endpoint}/latest/api/token`, {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (!response.ok) throw new Error(`instance metadata gave no token (${response.status})`);
    return response.text();
  }
}

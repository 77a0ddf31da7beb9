import { AwsError } from '../../../service';
import type { Payload } from '../json';

/** What can be said to a task that waits for its token. */
export interface TokenHolder {
  succeed(output: Payload): void;
  fail(error: string | undefined, cause: string | undefined): void;
  heartbeat(): void;
}

/** Task tokens of all executions: each is answered once, and dead once its task is over. */
export class TaskTokens {
  readonly #newId: () => string;
  readonly #open = new Map<string, TokenHolder>();
  readonly #closed = new Set<string>();

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** A token that nobody can answer yet: arguments are evaluated with it before the task is scheduled. */
  create(): string {
    const token = Buffer.from(`AQCEAAAAKgAAAAMAAAAA:${this.#newId()}:${this.#newId()}`).toString('base64');
    this.#closed.add(token);
    return token;
  }

  open(token: string, holder: TokenHolder): void {
    this.#closed.delete(token);
    this.#open.set(token, holder);
  }

  close(token: string): void {
    if (this.#open.delete(token)) this.#closed.add(token);
  }

  /**
   * The task that waits for `token`.
   * @throws AwsError InvalidToken for a token never given out, TaskTimedOut for one whose task is over
   */
  holder(token: string): TokenHolder {
    const holder = this.#open.get(token);
    if (holder) return holder;
    if (this.#closed.has(token)) {
      throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    }
    throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  }
}

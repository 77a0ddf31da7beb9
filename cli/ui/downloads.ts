/** Downloads that the page has begun: of each session one at a time, and how far it is. */
import type { DownloadAnswer, DownloadProgress } from '../../core/view/page-api';
import type { Watching } from '../download-session';

interface Begun {
  progress: DownloadProgress;
  answer: Promise<DownloadAnswer>;
}

export class Downloads {
  readonly #begun = new Map<string, Begun>();

  /** Who asks again while it goes on, waits for the same. */
  begin(sessionId: string, bring: (watching: Watching) => Promise<DownloadAnswer>): Promise<DownloadAnswer> {
    const known = this.#begun.get(sessionId);
    if (known) return known.answer;
    const progress: DownloadProgress = { doneBytes: 0, totalBytes: null };
    const watching: Watching = {
      onTotal: (totalBytes) => {
        progress.totalBytes = totalBytes;
      },
      onBytes: (sizeBytes) => {
        progress.doneBytes += sizeBytes;
      },
    };
    const answer = bring(watching).finally(() => this.#begun.delete(sessionId));
    this.#begun.set(sessionId, { progress, answer });
    return answer;
  }

  /** null: none goes on. */
  progressOf(sessionId: string): DownloadProgress | null {
    return this.#begun.get(sessionId)?.progress ?? null;
  }
}

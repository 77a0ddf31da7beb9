import type { Bookmarks } from '../../core/ports';

export interface Stage {
  name: string;
  /** Does one page of the work; returns the token of the next. */
  page(token: string | undefined): Promise<string | undefined>;
}

interface Deps {
  bookmarks: Bookmarks;
  /** False when the function is about to be ended. */
  hasTime: () => boolean;
}

/** Stages one after another, page by page; when time is over, a bookmark is left where the next run goes on. */
export async function runStages(
  { bookmarks, hasTime }: Deps,
  work: string,
  stages: readonly Stage[],
): Promise<boolean> {
  const place = await bookmarks.get(work);
  const [name, ...rest] = place?.split(' ') ?? [];
  const first = Math.max(
    0,
    stages.findIndex((stage) => stage.name === name),
  );
  let token: string | undefined = rest.join(' ') || undefined;
  for (const stage of stages.slice(first)) {
    do {
      if (!hasTime()) {
        await bookmarks.set(work, `${stage.name} ${token ?? ''}`);
        return false;
      }
      token = await stage.page(token);
    } while (token !== undefined);
  }
  if (place !== undefined) await bookmarks.set(work, null);
  return true;
}

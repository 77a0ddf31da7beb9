import type { Cursors } from '../../core/ports';

export interface Stage {
  name: string;
  /** Does one page of the work; returns the token of the next. */
  page(token: string | undefined): Promise<string | undefined>;
}

interface Deps {
  cursors: Cursors;
  /** False when the function is about to be ended. */
  hasTime: () => boolean;
}

/** Stages one after another, page by page; when time is over, the place is kept where the next run goes on. */
export async function runStages({ cursors, hasTime }: Deps, work: string, stages: readonly Stage[]): Promise<boolean> {
  const place = await cursors.get(work);
  const [name, ...rest] = place?.split(' ') ?? [];
  const first = Math.max(
    0,
    stages.findIndex((stage) => stage.name === name),
  );
  let token: string | undefined = rest.join(' ') || undefined;
  for (const stage of stages.slice(first)) {
    do {
      if (!hasTime()) {
        await cursors.set(work, `${stage.name} ${token ?? ''}`);
        return false;
      }
      token = await stage.page(token);
    } while (token !== undefined);
  }
  if (place !== null) await cursors.set(work, null);
  return true;
}

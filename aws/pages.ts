/** Every item of a paged call. `fetch` is given the token of the page, undefined for the first. */
export async function* pages<T>(
  fetch: (token: string | undefined) => Promise<{ items: readonly T[] | undefined; next: string | undefined }>,
): AsyncGenerator<T> {
  let token: string | undefined;
  do {
    const { items, next } = await fetch(token);
    yield* items ?? [];
    token = next === '' ? undefined : next;
  } while (token !== undefined);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** `items` in groups of at most `size`: calls take so many ids and no more. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Puts the value in as the newest, and leaves no more than `most`. */
export function keepNewest<T>(kept: Map<string, T>, key: string, value: T, most: number): void {
  kept.delete(key);
  kept.set(key, value);
  for (const [oldest] of kept) if (kept.size > most) kept.delete(oldest);
}

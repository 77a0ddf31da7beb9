/** To a millionth of a dollar. */
export function rounded(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}

/** Unknown when a part is unknown. */
export function sumOf(parts: readonly (number | null)[]): number | null {
  return parts.reduce<number | null>((sum, part) => (sum === null || part === null ? null : sum + part), 0);
}

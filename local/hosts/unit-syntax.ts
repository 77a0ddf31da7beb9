/** The small languages inside systemd unit files: quoting, time spans, specifiers, environment files. */

const UNIT_MS: Record<string, number> = {
  ms: 1,
  msec: 1,
  '': 1000,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/**
 * A time span of systemd.time(7) in milliseconds, e.g. `90`, `1min 30s`, `infinity`.
 * @throws Error when it is not one
 */
export function parseSpanMs(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)\s*/g)];
  const isWhole = parts.map((part) => part[0]).join('') === text && parts.length > 0;
  const totalMs = parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN),
    0,
  );
  if (!isWhole || Number.isNaN(totalMs)) throw new Error(`not a time span: ${text}`);
  return totalMs;
}

/** Splits at white space; quotes hold words together, a backslash takes the next character literally. */
export function parseWords(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g)) {
    words.push(
      match[0].replace(
        /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g,
        (_, double?: string, single?: string, escaped?: string) =>
          double !== undefined ? double.replace(/\\(.)/g, '$1') : (single ?? escaped ?? ''),
      ),
    );
  }
  return words;
}

/**
 * `%n` (the unit's name), `%N` (without its type), `%%`.
 * @throws Error for every other specifier
 */
export function expandSpecifiers(text: string, unitName: string): string {
  return text.replace(/%(.)/g, (whole, letter: string) => {
    if (letter === '%') return '%';
    if (letter === 'n') return unitName;
    if (letter === 'N') return unitName.replace(/\.[^.]*$/, '');
    throw new Error(`the specifier ${whole} is not supported`);
  });
}

/** `${NAME}` inside a word; `$NAME` as a word of its own is split at white space; `$$` is `$`. */
export function expandVariables(words: readonly string[], environment: NodeJS.ProcessEnv): string[] {
  return words.flatMap((word) => {
    const alone = /^\$([A-Za-z_]\w*)$/.exec(word);
    if (alone) return (environment[alone[1] ?? ''] ?? '').split(/\s+/).filter(Boolean);
    return word.replace(/\$\$|\$\{([A-Za-z_]\w*)\}/g, (whole, name?: string) =>
      whole === '$$' ? '$' : (environment[name ?? ''] ?? ''),
    );
  });
}

/** Lines `NAME=value`, values quoted or not (systemd.exec(5), EnvironmentFile). */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line);
    if (match) environment[match[1] ?? ''] = parseWords(match[2] ?? '').join(' ');
  }
  return environment;
}

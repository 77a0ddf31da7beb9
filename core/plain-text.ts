/**
 * Texts from outside (a job spec, a node, a training log) as they may be shown: no escape sequence that moves a cursor,
 * sets a title or writes a clipboard, no direction override that makes a line read otherwise than it is, nothing that
 * XML or UTF-8 cannot carry.
 */

/** CSI and OSC as in ECMA-48; each begins anew at the next escape, so that time is linear. */
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  /\u001b\[[0-?]*[ -/]*[@-~]|\u009b[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\u009d\n]*(?:\u0007|\u001b\\|\u009c)/g;
/** Colours and weights, the only sequences that do nothing but colour. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const COLOUR = /^\u001b\[[0-9;]*m$/;
/** Controls but tab and line feed, surrogates without their other half, direction overrides and isolates, U+2028 and U+2029. */
const UNSAFE = /(?![\t\n])[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;
/** The same but for the escape of a colour. */
const UNSAFE_BESIDE_COLOUR =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  /(?!\u001b\[[0-9;]*m)(?![\t\n])[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/** Lines stay lines. */
export function plainText(text: string): string {
  return text.replace(SEQUENCES, '').replace(/\r\n/g, '\n').replace(UNSAFE, '');
}

/** On one line. */
export function plainLine(text: string): string {
  return plainText(text.replace(/\r\n|[\r\n\u2028\u2029]/g, ' '));
}

/** For a terminal, which may show colours. */
export function terminalText(text: string): string {
  return text
    .replace(SEQUENCES, (sequence) => (COLOUR.test(sequence) ? sequence : ''))
    .replace(UNSAFE_BESIDE_COLOUR, '');
}

/** At most `length` characters, never half of one, and a sign that there was more. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

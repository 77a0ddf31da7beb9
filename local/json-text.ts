/** JSON as it comes in from outside. */

/**
 * The most levels of arrays and objects. What works on a value afterwards calls itself once a level, dynalite's checks
 * outside of any request: a stack that overflows there would end the process. AWS says nothing of a limit; this one is
 * the default of Jackson, a parser whose words Step Functions' errors are (StreamReadConstraints, since 2.15).
 */
export const MAX_JSON_DEPTH = 1000;

export const TOO_DEEP = `Document nesting depth exceeds the maximum allowed (${MAX_JSON_DEPTH})`;

/** @throws SyntaxError for what is no JSON, or is nested too deeply. */
export function parseJsonText(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(TOO_DEEP);
  return JSON.parse(text) as unknown;
}

export function isTooDeep(text: string): boolean {
  if (text.length <= MAX_JSON_DEPTH) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') at = endOfString(text, at);
    else if (letter === '[' || letter === '{') depth++;
    else if (letter === ']' || letter === '}') depth--;
    if (depth > MAX_JSON_DEPTH) return true;
  }
  return false;
}

/** Where the quotation mark stands that closes the one at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

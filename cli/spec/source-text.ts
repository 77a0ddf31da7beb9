/** A JSON text with comments, and where in it each value stands. */
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';

export interface Place {
  /** From 1. */
  line: number;
  column: number;
  /** Characters to underline. */
  length: number;
}

/** Characters of a line that are shown. */
const LONGEST_LINE = 160;

export class SourceText {
  readonly errors: { message: string; place: Place }[];
  readonly #root: Node | undefined;

  constructor(
    readonly fileName: string,
    readonly text: string,
  ) {
    try {
      const errors: ParseError[] = [];
      this.#root = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
      this.errors = errors.map(({ error, offset, length }) => ({
        message: ERRORS[printParseErrorCode(error)] ?? printParseErrorCode(error),
        place: this.#placeOf(offset, length),
      }));
    } catch (error) {
      // The parser calls itself once a level.
      if (!(error instanceof RangeError)) throw error;
      this.errors = [{ message: 'this is nested too deeply', place: { line: 1, column: 1, length: 1 } }];
    }
  }

  /** The value of the field (or its key), else what it should stand in: `limits.maxHours`. */
  placeOf(field: string, part: 'value' | 'key' = 'value'): Place | undefined {
    const root = this.#root;
    if (root === undefined) return undefined;
    for (let path = field === '' ? [] : field.split('.'); ; path = path.slice(0, -1)) {
      const value = this.#find(root, path);
      const node = part === 'key' ? (value?.parent?.children?.[0] ?? value) : value;
      if (node !== undefined) return this.#placeOf(node.offset, isContainer(node) ? 1 : node.length);
      if (path.length === 0) return undefined;
    }
  }

  /** The line as it is, with a mark below; of a very long one the part around the place. */
  excerpt({ line, column, length }: Place): string[] {
    const whole = this.text.split(/\r?\n/)[line - 1] ?? '';
    const from = whole.length <= LONGEST_LINE ? 0 : Math.max(0, column - 1 - LONGEST_LINE / 2);
    const text = whole.slice(from, from + LONGEST_LINE);
    const before = column - 1 - from;
    const gutter = String(line).padStart(5);
    const mark = `${' '.repeat(before)}${'^'.repeat(Math.max(1, Math.min(length, text.length - before)))}`;
    return [`${gutter} | ${text}`, `${' '.repeat(5)} | ${mark}`];
  }

  /** Keys of tags may have dots in them. */
  #find(root: Node, path: readonly string[]): Node | undefined {
    const segments = path.map((segment) => (/^\d+$/.test(segment) ? Number(segment) : segment));
    const [section, ...rest] = path;
    return (
      findNodeAtLocation(root, segments) ??
      (rest.length > 1 && section !== undefined ? findNodeAtLocation(root, [section, rest.join('.')]) : undefined)
    );
  }

  #placeOf(offset: number, length: number): Place {
    const before = this.text.slice(0, offset).split('\n');
    return { line: before.length, column: (before.at(-1) ?? '').length + 1, length };
  }
}

function isContainer({ type }: Node): boolean {
  return type === 'object' || type === 'array';
}

const ERRORS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is not JSON',
  InvalidNumberFormat: 'this is not a number',
  PropertyNameExpected: 'the name of a key is expected, in double quotes',
  ValueExpected: 'a value is expected',
  ColonExpected: 'a colon is expected',
  CommaExpected: 'a comma is expected',
  CloseBraceExpected: 'a closing } is expected',
  CloseBracketExpected: 'a closing ] is expected',
  EndOfFileExpected: 'nothing more is expected here',
  UnexpectedEndOfString: 'the closing " is missing',
  UnexpectedEndOfComment: 'the comment does not end',
  InvalidEscapeCharacter: 'there is no such escape',
};

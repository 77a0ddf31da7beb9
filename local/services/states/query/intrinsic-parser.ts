import type { Json } from '../json';
import { INTRINSICS, IntrinsicProblem } from './intrinsics';

/** `States.Format('{}', $.name)`, taken apart. */
export type IntrinsicNode =
  | { kind: 'call'; name: string; args: IntrinsicNode[] }
  | { kind: 'path'; path: string }
  | { kind: 'literal'; value: Json };

const TOKEN = {
  call: /^(States\.\w+)\s*\(/,
  // Only these four may be escaped (recording test_illegal_escapes).
  string: /^'((?:[^'\\]|\\['\\{}])*)'/s,
  number: /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/,
  word: /^(?:true|false|null)\b/,
  path: /^\$(?:[^,()[\]\s]|\[(?:'(?:[^'\\]|\\.)*'|"[^"]*"|[^\]'"]|)*\])*/,
};

export function isIntrinsic(text: string): boolean {
  return text.startsWith('States.');
}

/** @throws IntrinsicProblem when the text is not one intrinsic function call */
export function parseIntrinsic(text: string): IntrinsicNode {
  const parser = new Parser(text);
  const node = parser.argument();
  parser.end();
  if (node.kind !== 'call') throw new IntrinsicProblem(`Not an intrinsic function: ${text}`);
  return node;
}

class Parser {
  #rest: string;

  constructor(private readonly text: string) {
    this.#rest = text.trim();
  }

  argument(): IntrinsicNode {
    const call = this.#take(TOKEN.call);
    if (call) return this.#call(call[1] ?? '');
    const string = this.#take(TOKEN.string);
    if (string) return { kind: 'literal', value: string[1] ?? '' };
    const word = this.#take(TOKEN.word) ?? this.#take(TOKEN.number);
    if (word) return { kind: 'literal', value: JSON.parse(word[0]) as Json };
    const path = this.#take(TOKEN.path);
    if (path) return { kind: 'path', path: path[0] };
    throw this.#problem();
  }

  end(): void {
    if (this.#rest !== '') throw this.#problem();
  }

  #call(name: string): IntrinsicNode {
    if (!INTRINSICS[name]) throw new IntrinsicProblem(`Unknown intrinsic function: ${name}`);
    const args: IntrinsicNode[] = [];
    if (this.#take(/^\)/)) return { kind: 'call', name, args };
    for (;;) {
      const argument = this.argument();
      // Only Format keeps escapes to itself: it must tell an escaped brace from a placeholder.
      args.push(
        argument.kind === 'literal' ? { kind: 'literal', value: plain(argument.value, name, args.length) } : argument,
      );
      if (this.#take(/^\)/)) return { kind: 'call', name, args };
      if (!this.#take(/^,/)) throw this.#problem();
    }
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    const match = pattern.exec(this.#rest);
    if (!match) return undefined;
    this.#rest = this.#rest.slice(match[0].length).trimStart();
    return match;
  }

  #problem(): IntrinsicProblem {
    return new IntrinsicProblem(`Invalid intrinsic function '${this.text}' at '${this.#rest}'`);
  }
}

function plain(value: Json, name: string, position: number): Json {
  if (typeof value !== 'string' || (name === 'States.Format' && position === 0)) return value;
  return value.replace(/\\(.)/gs, '$1');
}

/**
 * Texts of policies: wildcards, and policy variables, whose values are never read as wildcards.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
import { LocalUnsupported } from '../service';

/** The one value of a condition key; undefined where the request has none. */
export type VariableValue = (key: string) => string | undefined;

export type Matcher = (value: string, variables: VariableValue) => boolean;

export interface GlobOptions {
  /** Variables are read by policies of the version 2012-10-17 only. */
  readonly hasVariables: boolean;
  readonly isCaseless?: boolean;
  /** Without, `*` and `?` stand for themselves. Default true. */
  readonly hasWildcards?: boolean;
}

/** As `${aws:userid}`, `${aws:userid, 'somebody'}`, or `${*}` for the character itself. */
const VARIABLE = /^\$\{([^}]*)\}/;
const ARN_COLONS = 5;

/** A matcher of whole texts. @throws LocalUnsupported for a variable that is not written as AWS has them. */
export function globMatcher(pattern: string, options: GlobOptions): Matcher {
  return matcher(pattern, options, () => '.');
}

/**
 * A matcher of ARNs: in the first five parts a wildcard stands for nothing beyond its part.
 * @throws LocalUnsupported for what is neither `*` nor an ARN
 */
export function arnMatcher(pattern: string, options: GlobOptions): Matcher {
  if (pattern === '*') return () => true;
  const parts = pattern.replace(/\$\{[^}]*\}/g, '').split(':');
  if (parts[0] !== 'arn' || parts.length <= ARN_COLONS) throw new LocalUnsupported('iam', `the ARN ${pattern}`);
  return matcher(pattern, options, (colons) => (colons < ARN_COLONS ? '[^:]' : '.'));
}

type Piece = string | { key: string; fallback: string | undefined };

function matcher(pattern: string, options: GlobOptions, anyOf: (colonsBefore: number) => string): Matcher {
  const pieces = parse(pattern, options, anyOf);
  const flags = options.isCaseless ? 'is' : 's';
  if (pieces.every((piece) => typeof piece === 'string')) {
    const expression = new RegExp(`^${pieces.join('')}$`, flags);
    return (value) => expression.test(value);
  }
  return (value, variables) => {
    let source = '';
    for (const piece of pieces) {
      const text = typeof piece === 'string' ? piece : (variables(piece.key) ?? piece.fallback);
      // A variable without a value matches nothing.
      if (text === undefined) return false;
      source += typeof piece === 'string' ? text : literally(text);
    }
    return new RegExp(`^${source}$`, flags).test(value);
  };
}

/** Pieces of a regular expression, and the variables between them. */
function parse(pattern: string, options: GlobOptions, anyOf: (colonsBefore: number) => string): Piece[] {
  const { hasVariables, hasWildcards = true } = options;
  const pieces: Piece[] = [];
  let colons = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    const variable = hasVariables ? VARIABLE.exec(pattern.slice(at)) : null;
    if (variable) {
      pieces.push(variablePiece(variable[1] ?? ''));
      at += variable[0].length - 1;
      continue;
    }
    if (character === ':') colons++;
    if (hasWildcards && character === '*') pieces.push(`${anyOf(colons)}*`);
    else pieces.push(hasWildcards && character === '?' ? anyOf(colons) : literally(character));
  }
  return pieces;
}

function variablePiece(content: string): Piece {
  if (['*', '?', '$'].includes(content)) return literally(content);
  const parsed = /^\s*([\w:/.+=@-]+)\s*(?:,\s*'([^']*)'\s*)?$/.exec(content);
  if (!parsed?.[1]) throw new LocalUnsupported('iam', `the policy variable \${${content}}`);
  return { key: parsed[1].toLowerCase(), fallback: parsed[2] };
}

const literally = (text: string) => text.replace(/[.+^${}()|[\]\\*?/-]/g, '\\$&');

/** Keys of the variables in a text of a policy, in small letters. */
export function variablesIn(text: string): string[] {
  const found = [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, content = '']) => variablePiece(content));
  return found.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.key]));
}

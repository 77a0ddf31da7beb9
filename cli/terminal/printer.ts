/**
 * What a command says: answers to stdout, everything about them to stderr. Some of it was written by training scripts, or
 * by whoever named a job: of escape sequences colours alone are passed on, where colours are wanted.
 */
import { plainText, terminalText } from '../../core/plain-text';
import type { CliContext } from '../context';
import { type Paint, paintFor } from './paint';

export class Printer {
  readonly paint: Paint;
  readonly #errPaint: Paint;

  constructor(private readonly context: Pick<CliContext, 'stdout' | 'stderr' | 'env'>) {
    this.paint = paintFor(context, context.stdout);
    this.#errPaint = paintFor(context, context.stderr);
  }

  lines(lines: readonly string[]): void {
    for (const line of lines) this.context.stdout.write(`${this.#safe(line)}\n`);
  }

  line(text = ''): void {
    this.lines([text]);
  }

  json(value: unknown): void {
    this.context.stdout.write(`${asJson(value, 2)}\n`);
  }

  /** One JSON document a line, for what goes on. */
  jsonLine(value: unknown): void {
    this.context.stdout.write(`${asJson(value)}\n`);
  }

  /** For the person, not for the pipe. */
  note(text: string): void {
    this.context.stderr.write(`${this.#errPaint.dim(plainText(text))}\n`);
  }

  warn(text: string): void {
    this.context.stderr.write(`${this.#errPaint.yellow(plainText(text))}\n`);
  }

  error(message: string, hint?: string): void {
    const { red, dim } = this.#errPaint;
    this.context.stderr.write(`${red(plainText(message))}\n${hint === undefined ? '' : `${dim(plainText(hint))}\n`}`);
  }

  #safe(line: string): string {
    return this.paint.isColorSupported ? terminalText(line) : plainText(line);
  }
}

/** JSON may hold them as they are; a terminal that it is printed on had better not see them. */
const UNESCAPED = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

function asJson(value: unknown, indent?: number): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, indent).replace(UNESCAPED, escaped);
}

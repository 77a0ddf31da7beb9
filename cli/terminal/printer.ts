/** What a command says: answers to stdout, everything about them to stderr. */
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
    for (const line of lines) this.context.stdout.write(`${line}\n`);
  }

  line(text = ''): void {
    this.lines([text]);
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }

  /** One JSON document a line, for what goes on. */
  jsonLine(value: unknown): void {
    this.line(JSON.stringify(value));
  }

  /** For the person, not for the pipe. */
  note(text: string): void {
    this.context.stderr.write(`${this.#errPaint.dim(text)}\n`);
  }

  warn(text: string): void {
    this.context.stderr.write(`${this.#errPaint.yellow(text)}\n`);
  }

  error(message: string, hint?: string): void {
    const { red, dim } = this.#errPaint;
    this.context.stderr.write(`${red(message)}\n${hint === undefined ? '' : `${dim(hint)}\n`}`);
  }
}

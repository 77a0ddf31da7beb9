/** Lines at the end of a terminal that are drawn again in place. */
import { stripVTControlCharacters } from 'node:util';
import { cut, terminalText } from '../../core/plain-text';
import type { Output } from '../context';

const USUAL_COLUMNS = 80;

export class LiveArea {
  #drawnLines = 0;

  constructor(private readonly output: Output) {}

  draw(lines: readonly string[]): void {
    const clipped = lines.map((line) =>
      clip(terminalText(line.replaceAll('\n', ' ')), this.output.columns ?? USUAL_COLUMNS),
    );
    const up = this.#drawnLines > 0 ? `\x1b[${this.#drawnLines}A` : '';
    // Each line is cleared to its end, and what lay below is erased: shorter than blanking the screen, so no flicker.
    this.output.write(`${up}${clipped.map((line) => `\r${line}\x1b[K\n`).join('')}\x1b[J`);
    this.#drawnLines = clipped.length;
  }
}

/** A line that wraps would be two on the terminal, and the next redraw would begin too low. Colours go with the cut. */
function clip(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length < columns ? line : cut(plain, Math.max(1, columns - 1));
}

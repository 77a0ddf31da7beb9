/** Shows views on the terminal: redrawn in place on a TTY, as lines of what changed elsewhere. */
import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { changes } from './changes';
import { render } from './render';
import type { RunView } from './run-view';

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

export class Screen {
  readonly #output: Output;
  readonly #color: boolean;
  #before: RunView | undefined;
  #drawnLines = 0;

  /** picocolors knows NO_COLOR, FORCE_COLOR and dumb terminals. */
  constructor(output: Output, color = picocolors.isColorSupported) {
    this.#output = output;
    this.#color = color;
  }

  show(view: RunView): void {
    if (this.#output.isTTY) this.#redraw(view);
    else for (const line of changes(this.#before, view)) this.#output.write(`${line}\n`);
    this.#before = view;
  }

  #redraw(view: RunView): void {
    const lines = render(view, { color: this.#color }).map((line) => clip(line, this.#output.columns ?? 80));
    const up = this.#drawnLines > 0 ? `\x1b[${this.#drawnLines}A` : '';
    // Each line is cleared to its end, and what lay below is erased: shorter than blanking the screen, so no flicker.
    this.#output.write(`${up}${lines.map((line) => `\r${line}\x1b[K\n`).join('')}\x1b[J`);
    this.#drawnLines = lines.length;
  }
}

/** A line that wraps would be two on the terminal, and the next redraw would begin too low. Colours go with the cut. */
function clip(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length < columns ? line : `${plain.slice(0, Math.max(0, columns - 2))}…`;
}

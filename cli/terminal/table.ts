/** Tables without lines, for people; programs take --json. */
import CliTable from 'cli-table3';
import type { Paint } from './paint';

const NO_LINES = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'
    .split(' ')
    .map((name) => [name, '']),
);

export interface Column {
  head: string;
  align?: 'left' | 'right';
}

export function table(paint: Paint, columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const drawn = new CliTable({
    head: columns.map(({ head }) => paint.dim(head)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: { ...NO_LINES, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

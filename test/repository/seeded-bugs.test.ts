/** Seeded bugs are run rarely, and the code that they change is changed often: this is how it is noticed that one no longer applies. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SEEDED_BUGS } from '../simulation/seeded-bugs';

it.each(SEEDED_BUGS)('the code that the seeded bug changes is there: $name', ({ changes }) => {
  for (const { file, find } of changes) {
    const text = readFileSync(resolve(__dirname, '../..', file), 'utf8');
    expect([file, find, text.split(find).length - 1]).toEqual([file, find, 1]);
  }
});

/** Checks as a list, each with how to mend it. Pure. */
import type { Check } from '../doctor/checks';
import { plural } from '../terminal/format';
import type { Paint } from '../terminal/paint';

export function renderChecks(checks: readonly Check[], paint: Paint): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const problems = checks.filter(({ state }) => state === 'problem').length;
  const warnings = checks.filter(({ state }) => state === 'warning').length;
  return [
    ...checks.flatMap(({ name, state, found, mend }) => [
      `${sign(state, paint)} ${name.padEnd(width)}  ${found}`,
      ...(mend === null || mend === '' ? [] : [paint.dim(`  ${' '.repeat(width)}  mend: ${mend}`)]),
    ]),
    '',
    problems > 0
      ? paint.red(plural(problems, 'problem'))
      : warnings > 0
        ? paint.yellow(`Works; ${plural(warnings, 'thing')} to look at.`)
        : paint.green('Everything is well.'),
  ];
}

function sign(state: Check['state'], paint: Paint): string {
  switch (state) {
    case 'ok':
      return paint.green('✓');
    case 'warning':
      return paint.yellow('!');
    case 'problem':
      return paint.red('✗');
  }
}

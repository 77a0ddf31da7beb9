/** What of others is in the project: under which licence, with which known holes. */
import { readFileSync } from 'node:fs';
import { judgeAudit } from '../../scripts/dependencies/judge-audit';
import { isAllowed, LICENCES_PAGE, readLicences } from '../../scripts/dependencies/licences';

describe('licences', () => {
  it('of all packages are ones that ask for no more than to be named, and docs/licences.md lists them (npm run licences)', async () => {
    const { page, problems } = await readLicences();
    expect(problems).toEqual([]);
    expect(readFileSync(LICENCES_PAGE, 'utf8')).toBe(page);
    expect(page).toContain('| zod | MIT | functions, agent, command line, web page |');
  });

  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-or-later)', true],
    ['Apache-2.0 AND MIT', true],
    ['GPL-3.0-only', false],
    ['MIT AND GPL-3.0-only', false],
    ['AGPL-3.0 OR SSPL-1.0', false],
    ['unknown', false],
  ])('such as %s: %p', (expression, expected) => {
    expect(isAllowed(expression)).toBe(expected);
  });
});

describe('known vulnerabilities', () => {
  const finding = (severity: string, folder: string) => ({
    severity,
    nodes: [folder],
    via: [{ title: 'A hole', url: 'https://x' }],
  });
  const judge = (vulnerabilities: object) =>
    judgeAudit(JSON.stringify({ vulnerabilities }), new Set(['node_modules/zod']));

  it('that are high and shipped are refused, and no others', () => {
    expect(judge({ zod: finding('high', 'node_modules/zod') })).toMatchObject({ isRefused: true });
    expect(judge({ zod: finding('critical', 'node_modules/zod') })).toMatchObject({ isRefused: true });
    expect(judge({ zod: finding('moderate', 'node_modules/zod') })).toMatchObject({ isRefused: false });
    expect(judge({ jest: finding('critical', 'node_modules/jest') })).toMatchObject({ isRefused: false });
  });

  it('are all named', () => {
    expect(judge({ jest: finding('critical', 'node_modules/jest') }).lines).toEqual([
      'critical, a tool: jest: A hole https://x',
      '0 high or critical in the 1 packages that are shipped; 1 other finding',
    ]);
  });

  it('that nobody could be asked about are said to be unknown', () => {
    for (const answer of ['', 'nonsense', '{"message": "405 Method Not Allowed", "statusCode": 405}']) {
      const { lines, isRefused } = judgeAudit(answer, new Set());
      expect(lines[0]).toMatch(/^NOT CHECKED: the registry gave no answer\./);
      expect(isRefused).toBe(false);
    }
  });
});

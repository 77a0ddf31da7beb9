import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../../cli/cli-error';
import type { CliContext } from '../../cli/context';
import { EXIT } from '../../cli/exit-codes';
import { readSpec, specError } from '../../cli/spec/read-spec';
import { parseJobSpec } from '../../core/job/job-spec-problems';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'runctl-spec-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function read(text: string, sets: string[] = []) {
  writeFileSync(join(cwd, 'job.json'), text);
  return readSpec({ cwd } as CliContext, 'job.json', sets);
}

/** What a person is told about the text. */
async function told(text: string, sets: string[] = []): Promise<string[]> {
  const error = await read(text, sets).then(
    (spec) => {
      const parsed = parseJobSpec(spec.raw);
      return 'problems' in parsed ? specError(spec, parsed.problems) : undefined;
    },
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(CliError);
  return (error as CliError).message.split('\n');
}

describe('a job file', () => {
  it('may have comments and trailing commas', async () => {
    const { raw } = await read('{\n  // why\n  "name": "a", /* and */ "command": "b",\n}');
    expect(raw).toEqual({ name: 'a', command: 'b' });
  });

  it.each([
    ['limits.maxUsd=10', { limits: { maxHours: 1, maxUsd: 10 } }],
    ['name=other', { name: 'other' }],
    ['resources.instanceTypes=["g5.xlarge"]', { resources: { instanceTypes: ['g5.xlarge'] } }],
    ['env.A=b=c', { env: { A: 'b=c' } }],
    ['command=', { command: '' }],
    ['data=null', { data: null }],
  ])('is changed by --set %s', async (set, expected) => {
    const { raw } = await read('{ "name": "a", "limits": { "maxHours": 1 } }', [set]);
    expect(raw).toEqual({ name: 'a', limits: { maxHours: 1 }, ...expected });
  });

  it.each([
    ['limits.maxUsd'],
    ['=1'],
    ['a b=1'],
    ['__proto__.polluted=1'],
    ['limits.constructor.prototype.polluted=1'],
  ])('refuses --set %s', async (set) => {
    await expect(read('{}', [set])).rejects.toMatchObject({ exitCode: EXIT.usage });
    expect('polluted' in {}).toBe(false);
  });

  it.each([
    ['a missing comma', '{\n  "name": "x"\n  "command": "y"\n}', 'job.json:3:3: a comma is expected'],
    ['an open text', '{ "name": "x', 'job.json:1:11: the closing " is missing'],
    ['no object', '[]', 'job.json:1:1: a job spec is an object'],
    ['nothing', '', 'job.json:1:1: a value is expected'],
  ])('says where %s is', async (_what, text, message) => {
    expect((await told(text))[0]).toContain(message);
  });

  it('says of each problem where it stands, with the line', async () => {
    const text = [
      '{',
      '  "name": "bad name!",',
      '  "comand": "x",',
      '  "limits": { "maxHours": "12" },',
      '  "tags": { "My.Key": 1 }',
      '}',
    ].join('\n');
    const lines = await told(text);
    expect(lines[0]).toBe('The job has 5 problems. Nothing was launched.');
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^job\.json:2:11: name: found "bad name!"/),
        '    2 |   "name": "bad name!",',
        '      |           ^^^^^^^^^^^',
        expect.stringMatching(/^job\.json:3:3: comand: is not a known key; did you mean "command"/),
        expect.stringMatching(/^job\.json:1:1: command: is required and missing/),
        expect.stringMatching(/^job\.json:4:27: limits\.maxHours: found "12"/),
        expect.stringMatching(/^job\.json:5:23: tags\.My\.Key/),
      ]),
    );
  });

  it('shows of a very long line the part that it is about', async () => {
    const lines = await told(`{ "command": "${'x'.repeat(100_000)}", "name": "bad name!" }`);
    const [shown = '', mark = ''] = lines.slice(2);
    expect(shown.length).toBeLessThan(200);
    expect(shown.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)).toBe('"bad name!"');
  });

  it('blames --set for what --set has done', async () => {
    const lines = await told('{ "name": "a", "command": "b" }', ['limits.maxUdd=3']);
    expect(lines[1]).toBe('--set limits.maxUdd: is not a known key; did you mean "maxUsd"?');
  });

  it('that is not there is not found', async () => {
    await expect(readSpec({ cwd } as CliContext, 'nowhere.json', [])).rejects.toMatchObject({
      exitCode: EXIT.notFound,
    });
  });
});

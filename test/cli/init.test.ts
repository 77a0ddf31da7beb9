import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { runCli } from './support/run-cli';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'runctl-init-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

async function init(env: Record<string, string>): Promise<unknown> {
  const { exitCode, err } = await runCli(['init', '--command', 'python3 train.py'], { cwd, env });
  if (exitCode !== 0) throw new Error(err);
  return parse(readFileSync(join(cwd, 'job.json'), 'utf8'));
}

describe('runctl init', () => {
  it('makes whoever is logged in the owner, so that costs and budgets know whose they are', async () => {
    expect(await init({ USER: 'ana' })).toMatchObject({ command: 'python3 train.py', owner: 'ana' });
  });

  it.each([{}, { USER: '' }, { USER: 'CORP\\ana' }])('names no owner that a job could not have: %j', async (env) => {
    expect(await init(env)).not.toHaveProperty('owner');
  });
});

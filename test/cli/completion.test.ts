/** The scripts of `runctl completion`, read by the shells that are on this machine. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleCli } from '../../scripts/cli-bundle';

const has = (shell: string) => {
  try {
    execFileSync(shell, ['-c', 'true']);
    return true;
  } catch {
    return false;
  }
};
const withFish = has('fish') ? it : it.skip;
const withZsh = has('zsh') ? it : it.skip;

jest.setTimeout(180_000);

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-completion-'));
  await bundleCli(join(folder, 'runctl'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (shell: string, args: string[]) =>
  promisify(execFile)(shell, args, { env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` } });

/** As bash calls it on Tab, without the package bash-completion. */
const BASH = `
source <(runctl completion bash)
source <(runctl completion bash)
complete -p runctl
compopt() { :; }
tab() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); __runctl_complete; echo "$* -> \${COMPREPLY[*]}"; }
tab runctl co
tab runctl costs --by ''
tab runctl local in
`;

it('completes commands, options’ choices and inner commands in bash, and may be read twice', async () => {
  const { stdout, stderr } = await run('bash', ['--norc', '-c', BASH]);
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n')).toEqual([
    'complete -F __runctl_complete runctl',
    'runctl co -> costs completion',
    'runctl costs --by  -> owner project job session day',
    'runctl local in -> interrupt',
  ]);
});

withFish('completes in fish', async () => {
  const script = "runctl completion fish | source; complete -C 'runctl costs --by '";
  const { stdout } = await run('fish', ['--no-config', '-c', script]);
  expect(stdout.split(/\s+/).filter(Boolean).sort()).toEqual(['day', 'job', 'owner', 'project', 'session']);
});

withZsh('defines its function in zsh', async () => {
  const script = 'autoload -U compinit && compinit -u -D; source <(runctl completion zsh); print $_comps[runctl]';
  expect((await run('zsh', ['-f', '-c', script])).stdout.trim()).toBe('_runctl');
});

/** docs/cli.md: its commands are run, its tables are held against the code. */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CliContext } from '../../cli/context';
import { EXIT } from '../../cli/exit-codes';
import { createProgram } from '../../cli/program';
import { SESSION_STATES } from '../../core/view/session-state';
import { sessionView } from '../../core/view/session-view';
import { version } from '../../package.json';
import { bundleCli } from '../../scripts/cli-bundle';
import { World } from '../stories/support/world';
import { aSession, NOW } from '../support/sessions';

jest.setTimeout(300_000);

const ROOT = resolve(__dirname, '../..');
const text = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');

function blocks(mark: string): string[] {
  return [...text.matchAll(/^```sh ([a-z-]+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === mark)
    .map(([, , block = '']) => block);
}

/** In a prefix of its own: `npm link` would change this machine's. */
it('is installed as it says', async () => {
  expect(blocks('install')).toEqual(['npm ci && npm run build:cli && npm link\n']);
  const prefix = mkdtempSync(join(tmpdir(), 'runctl-prefix-'));
  try {
    writeFileSync(join(prefix, 'install.sh'), `set -e\nnpm run build:cli\nnpm link\n${prefix}/bin/runctl --version\n`);
    const env = { PATH: process.env['PATH'] ?? '', HOME: prefix, npm_config_prefix: prefix };
    const { code, said } = await bash(join(prefix, 'install.sh'), { cwd: ROOT, env });
    expect([code, said.trim().split('\n').at(-1)]).toEqual([0, version]);
  } finally {
    rmSync(prefix, { recursive: true, force: true });
  }
});

it('tells of every command', () => {
  const names = createProgram({} as CliContext, () => {}).commands.map((command) => command.name());
  expect(names.filter((name) => name !== 'complete' && !text.includes(`runctl ${name}`))).toEqual([]);
});

it('tells of every exit code and no other', () => {
  const section = /^## Exit codes$([\s\S]*?)^## /m.exec(text)?.[1] ?? '';
  const told = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(told).toEqual(Object.values(EXIT));
});

it('tells of every key and state of a session', () => {
  const view = sessionView({ sessionId: 'a', execution: null, session: aSession(), reports: new Map(), now: NOW });
  const row = /^\| `show` \| (.*) \|$/m.exec(text)?.[1] ?? '';
  expect([...row.matchAll(/`(\w+)`/g)].map(([, key]) => key).sort()).toEqual(Object.keys(view).sort());
  expect(SESSION_STATES.filter((state) => !text.includes(`\`${state}\``))).toEqual([]);
});

it('shows commands that work, one after the other', async () => {
  const world = await World.start({ speed: 5 });
  const folder = mkdtempSync(join(tmpdir(), 'runctl-docs-'));
  try {
    mkdirSync(join(folder, 'bin'));
    await bundleCli(join(folder, 'bin', 'runctl'));
    chmodSync(join(folder, 'bin', 'runctl'), 0o755);
    mkdirSync(join(folder, 'job'));
    for (const file of ['train.py', 'digits.csv.gz'])
      cpSync(join(ROOT, 'examples/digits', file), join(folder, 'job', file));
    // Long enough to be stopped while it trains.
    const waiting = 'until runctl ls --running --json | grep -q \'"state": "training"\'; do sleep 1; done';
    const script = [
      'set -euo pipefail',
      ...blocks('runctl').map((block) => block.replace(/^runctl stop .*$/gm, `${waiting}\n$&`)),
      ...blocks('completion'),
    ];
    writeFileSync(join(folder, 'script.sh'), script.join('\n'));
    const { endpoint, region } = world.cloud;
    const { code, said } = await bash(join(folder, 'script.sh'), {
      cwd: join(folder, 'job'),
      env: {
        PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      },
    });
    if (code !== 0) throw new Error(`The commands of docs/cli.md ended with ${code}.\n${said}`);
    expect(said).toContain('digits-2 stopped.');
    expect(said).toContain('digits-3 stopped.');
    const metrics = JSON.parse(readFileSync(join(folder, 'job/results/digits-1/metrics.json'), 'utf8'));
    expect(metrics.accuracy).toBeGreaterThanOrEqual(0.9);
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

function bash(script: string, options: { cwd: string; env: Record<string, string> }) {
  const child = spawn('bash', [script], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  return new Promise<{ code: number | null; said: string }>((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code, said }));
  });
}

/** The three scripts that bring the agent up, under dash and bash, with stand-ins for systemd and the network. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../agent/adapters/system-clock';

const BOOTSTRAP = join(__dirname, '..', '..', 'agent', 'bootstrap');
const SHELLS = ['dash', 'bash'].filter((shell) => spawnSync('which', [shell]).status === 0);
const script = (name: string) => readFileSync(join(BOOTSTRAP, name), 'utf8');
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'runctl bootstrap-'));
  mkdirSync(join(root, 'bin'));
  standIn('systemctl', 'echo "systemctl $*" >>"$ROOT/calls"; [ "$1" != is-active ] || [ -f "$ROOT/active" ]');
  standIn('poweroff', 'echo poweroff >>"$ROOT/calls"');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function standIn(name: string, body: string): void {
  writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

const environment = () => ({
  PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
  ROOT: root,
  RUNCTL_HOME: join(root, 'home'),
  RUNCTL_TRAIN_USER: '',
  SYSTEMD_UNIT_PATH: join(root, 'units'),
});

const calls = () =>
  existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : [];
const home = (path: string) => join(root, 'home', path);

function run(shell: string, name: string, parameters: Record<string, string> = {}, env: Record<string, string> = {}) {
  const text = script(name).replace(/\{\{ (\w+) \}\}/g, (_, key: string) => parameters[key] ?? '');
  writeFileSync(join(root, name), text);
  return spawnSync(shell, [join(root, name)], { env: { ...environment(), ...env }, encoding: 'utf8' });
}

it.each(['user-data.sh', 'install-agent.sh', 'start-agent.sh'])('%s is sound sh under both shells', (name) => {
  for (const shell of SHELLS) execFileSync(shell, ['-n', join(BOOTSTRAP, name)]);
  expect(script(name).startsWith('#!/bin/sh\n')).toBe(true);
  // Parameters go into shell variables, each once, in single quotes.
  for (const line of script(name)
    .split('\n')
    .filter((each) => each.includes('{{'))) {
    expect(line).toMatch(/^[a-z0-9_]+='\{\{ \w+ \}\}'$/);
  }
});

const hasShellcheck = spawnSync('which', ['shellcheck']).status === 0;
(hasShellcheck ? it : it.skip)('shellcheck finds nothing in the scripts', () => {
  const names = ['user-data.sh', 'install-agent.sh', 'start-agent.sh'].map((name) => join(BOOTSTRAP, name));
  expect(spawnSync('shellcheck', names, { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
});

describe.each(SHELLS)('under %s', (shell) => {
  describe('user data', () => {
    it('arms the dead-man timer', () => {
      expect(run(shell, 'user-data.sh').status).toBe(0);
      expect(readFileSync(home('deadman/countdown'), 'utf8')).toBe('1200\n');
      expect(calls()).toEqual(['systemctl daemon-reload', 'systemctl enable --now runctl-deadman']);
      expect(readFileSync(join(root, 'units', 'runctl-deadman.service'), 'utf8')).toContain(
        `ExecStart=/bin/sh "${home('deadman/deadman.sh')}" "${home('deadman/countdown')}"`,
      );
    });

    it('powers off when the timer cannot be armed', () => {
      standIn('systemctl', 'echo "systemctl $*" >>"$ROOT/calls"; [ "$1" = poweroff ]');
      expect(run(shell, 'user-data.sh').status).toBe(1);
      expect(calls().at(-1)).toBe('systemctl poweroff');
    });

    it('the timer powers off after 20 minutes, unless it is touched', async () => {
      run(shell, 'user-data.sh');
      // Each step takes no time; the machine's owner touches the countdown at the 200th.
      standIn(
        'sleep',
        `echo x >>"$ROOT/steps"
if [ "$(wc -l <"$ROOT/steps")" -eq 200 ]; then echo 1200 >"$RUNCTL_HOME/deadman/countdown"; fi
[ "$1" != 600 ] || exec "$(PATH=/usr/bin:/bin command -v sleep)" 60`,
      );
      const timer = spawn(shell, [home('deadman/deadman.sh'), home('deadman/countdown')], {
        env: environment(),
        stdio: 'ignore',
      });
      while (!calls().includes('systemctl poweroff')) await systemClock.sleep(20);
      const steps = readFileSync(join(root, 'steps'), 'utf8').trim().split('\n').length;
      timer.kill('SIGKILL');
      // 200 steps of 5 s, and 240 more from the touch on; the last look may be under way.
      expect(steps).toBeGreaterThanOrEqual(439);
      expect(steps).toBeLessThanOrEqual(441);
    });
  });

  describe('install-agent', () => {
    const agent = 'console.log("agent")\n';
    const url = (name: string) => `file://${join(root, name)}`.replaceAll(' ', '%20');

    function parameters() {
      writeFileSync(join(root, 'agent.cjs'), agent);
      return { agentUrl: url('agent.cjs'), agentSha256: sha256(agent), nodeUrl: url('node.tgz'), nodeSha256: '' };
    }

    it('uses the Node of the machine when that is new enough, twice over', () => {
      for (const time of [1, 2]) expect([time, run(shell, 'install-agent.sh', parameters()).status]).toEqual([time, 0]);
      expect(readFileSync(home('bin/agent.cjs'), 'utf8')).toBe(agent);
      expect(readFileSync(home('bin/node-path'), 'utf8').trim()).toBe(
        execFileSync('which', ['node'], { encoding: 'utf8' }).trim(),
      );
    });

    it('refuses an agent with another checksum, and does not print its address', () => {
      const { status, stderr, stdout } = run(shell, 'install-agent.sh', {
        ...parameters(),
        agentSha256: 'f'.repeat(64),
      });
      expect(status).not.toBe(0);
      expect(stderr).toContain('has the SHA-256');
      expect(stdout + stderr).not.toContain('file://');
      expect(existsSync(home('bin/agent.cjs'))).toBe(false);
    });

    it('unpacks the Node of the stack where the machine has none, or an old one', () => {
      standIn('node', 'echo v16.20.0');
      mkdirSync(join(root, 'package', 'bin'), { recursive: true });
      writeFileSync(join(root, 'package', 'bin', 'node'), '#!/bin/sh\necho v24.1.0\n');
      execFileSync('tar', ['-czf', join(root, 'node.tgz'), '-C', root, 'package']);
      const nodeSha256 = sha256(readFileSync(join(root, 'node.tgz')));
      expect(run(shell, 'install-agent.sh', { ...parameters(), nodeSha256 }).stderr).toBe('');
      const path = readFileSync(home('bin/node-path'), 'utf8').trim();
      expect(path).toBe(home('node/package/bin/node'));
      expect(execFileSync(path, { encoding: 'utf8' })).toBe('v24.1.0\n');
    });
  });

  describe('the training user', () => {
    /** A machine on which only the named tools work; the others are there and fail, or are missing. */
    function install(working: string[]) {
      standIn('id', '[ "$1 $2" = "-u trainer" ] && echo 1001');
      standIn('getent', 'exit 2');
      for (const tool of ['iptables', 'nft', 'ip']) {
        const answer = working.includes(tool)
          ? '[ "$1 $2" != "list table" ] && [ "$1" != -C ] && [ "$2" != del ]'
          : 'false';
        standIn(tool, `${answer} && echo "${tool} $*" >>"$ROOT/calls"`);
      }
      const agent = 'agent';
      writeFileSync(join(root, 'agent.cjs'), agent);
      const agentUrl = `file://${join(root, 'agent.cjs')}`.replaceAll(' ', '%20');
      return run(shell, 'install-agent.sh', { agentUrl, agentSha256: sha256(agent) }, { RUNCTL_TRAIN_USER: 'trainer' });
    }

    it.each([
      ['iptables', 'iptables -I OUTPUT -d 169.254.169.254 -m owner --uid-owner 1001 -j REJECT'],
      ['nft', 'nft add rule inet runctl output ip daddr 169.254.169.254 meta skuid 1001 reject'],
      ['ip', 'ip rule add uidrange 1001-1001 to 169.254.169.254 prohibit'],
    ])('is kept from the metadata address by %s', (tool, call) => {
      expect(install([tool])).toMatchObject({ status: 0, stderr: '' });
      expect(calls().at(-1)).toBe(call);
    });

    it('does not train where nothing can keep it from there', () => {
      const { status, stderr } = install([]);
      expect(status).not.toBe(0);
      expect(stderr).toContain('could read the credentials');
    });
  });

  describe('start-agent', () => {
    const parameters = { sessionId: 's-1', attempt: '1', bucket: 'b', region: 'r', logGroup: '/g' };

    beforeEach(() => {
      mkdirSync(home('bin'), { recursive: true });
      symlinkSync(process.execPath, home('bin/node'));
      writeFileSync(home('bin/node-path'), `${home('bin/node')}\n`);
    });

    it('writes the unit and starts it', () => {
      expect(run(shell, 'start-agent.sh', parameters).stderr).toBe('');
      expect(calls().slice(-2)).toEqual(['systemctl daemon-reload', 'systemctl enable --now runctl-agent']);
      const unit = readFileSync(join(root, 'units', 'runctl-agent.service'), 'utf8');
      for (const line of ['Restart=always', 'KillMode=process', 'OOMScoreAdjust=-1000'])
        expect(unit).toContain(`${line}\n`);
      const settings = readFileSync(home('agent.env'), 'utf8');
      for (const line of [
        'RUNCTL_SESSION_ID="s-1"',
        'RUNCTL_ATTEMPT="1"',
        'RUNCTL_BUCKET="b"',
        'RUNCTL_LOG_GROUP="/g"',
      ]) {
        expect(settings).toContain(`${line}\n`);
      }
    });

    it('does nothing when the agent of the same attempt is running', () => {
      run(shell, 'start-agent.sh', parameters);
      writeFileSync(join(root, 'active'), '');
      rmSync(join(root, 'calls'));
      expect(run(shell, 'start-agent.sh', parameters).status).toBe(0);
      expect(calls()).toEqual(['systemctl is-active --quiet runctl-agent']);
    });

    it.each([
      { sessionId: 's-1', attempt: '2' },
      { sessionId: 's-2', attempt: '1' },
    ])('refuses %j on the same machine', (other) => {
      run(shell, 'start-agent.sh', parameters);
      const { status, stderr } = run(shell, 'start-agent.sh', { ...parameters, ...other });
      expect(status).toBe(1);
      expect(stderr).toContain('belongs to s-1 1');
      expect(readFileSync(home('agent.env'), 'utf8')).toContain('RUNCTL_SESSION_ID="s-1"\nRUNCTL_ATTEMPT="1"\n');
    });
  });
});

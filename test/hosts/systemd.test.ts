import { parseUnitFile } from '../../local/hosts/unit-file';
import { expandVariables, parseSpanMs, parseWords } from '../../local/hosts/unit-syntax';
import { type TestMachines, testMachines, until } from './support';

describe('systemd on a process host', () => {
  let machines: TestMachines;

  beforeEach(() => {
    machines = testMachines();
  });

  afterEach(() => machines.close());

  /** User data that writes a unit, then runs `script`. */
  const withUnit = (unit: string, script: string) =>
    `#!/bin/sh\ncat > "$SYSTEMD_UNIT_PATH/agent.service" <<'UNIT'\n${unit}\nUNIT\n${script}\n`;

  it('restarts a service that dies, after RestartSec', async () => {
    const machine = machines.launch(
      withUnit(
        '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sh -c "echo $$$$ >> $RUNCTL_HOME/pids; exec sleep 100000"\nRestart=always\nRestartSec=5',
        'systemctl daemon-reload\nsystemctl start agent',
      ),
    );
    const pids = () => (machine.read('var/lib/runctl/pids') ?? '').trim().split('\n').filter(Boolean).map(Number);
    await until(() => pids().length === 1);
    process.kill(pids()[0] ?? 0, 'SIGKILL');
    await until(() => pids().length === 2);
    expect(machine.processes()).toContain(pids()[1]);
  });

  it('stops by SIGTERM to the whole group, then SIGKILL after TimeoutStopSec', async () => {
    const machine = machines.launch(
      withUnit(
        `[Service]\nTimeoutStopSec=10\nExecStart=/bin/sh -c 'trap "" TERM; (trap "echo told > $RUNCTL_HOME/child; exit" TERM; echo > $RUNCTL_HOME/up; while :; do sleep 1; done) & while :; do sleep 1; done'`,
        'systemctl start agent\nuntil [ -f "$RUNCTL_HOME/up" ]; do sleep 0.1; done\nsystemctl stop agent\nsystemctl is-active agent > "$RUNCTL_HOME/state"\necho $? > "$RUNCTL_HOME/code"',
      ),
    );
    await until(() => Boolean(machine.read('var/lib/runctl/code')));
    expect(machine.read('var/lib/runctl/child')).toBe('told\n');
    expect(machine.read('var/lib/runctl/state')).toBe('inactive\n');
    expect(machine.read('var/lib/runctl/code')).toBe('3\n');
  });

  it('leaves children alone when KillMode is process', async () => {
    const machine = machines.launch(
      withUnit(
        `[Service]\nKillMode=process\nExecStart=/bin/sh -c 'sleep 100000 & echo $! > $RUNCTL_HOME/child; wait'`,
        'systemctl start agent\nuntil [ -s "$RUNCTL_HOME/child" ]; do sleep 0.1; done\nsystemctl stop agent\ntouch "$RUNCTL_HOME/stopped"',
      ),
    );
    await until(() => machine.read('var/lib/runctl/stopped') !== undefined);
    expect(machine.processes()).toContain(Number(machine.read('var/lib/runctl/child')));
  });

  it('does not restart anything on a machine that has vanished', async () => {
    const machine = machines.launch(
      withUnit(
        '[Service]\nExecStart=/bin/sh -c "touch $RUNCTL_HOME/up; exec sleep 100000"\nRestart=always\nRestartSec=10',
        'systemctl enable --now agent',
      ),
    );
    await until(() => machine.read('var/lib/runctl/up') !== undefined);
    await machine.host.destroy();
    // Another machine's sleep says when RestartSec has long passed.
    const other = machines.launch('#!/bin/sh\nsleep 40\ntouch "$RUNCTL_HOME/later"\n');
    await until(() => other.read('var/lib/runctl/later') !== undefined);
    expect(machine.processes()).toEqual([]);
  });

  it('gives a service its environment, files and working directory', async () => {
    const machine = machines.launch(
      withUnit(
        `[Service]\nType=oneshot\nEnvironment=A=1 "B=two words"\nEnvironmentFile=-/nonexistent\nEnvironmentFile=%%FOLDER%%/env\nWorkingDirectory=%%FOLDER%%\nExecStart=/bin/sh -c 'echo "$A/$B/$C" > seen'`,
        'echo "C=from file" > "$RUNCTL_HOME/env"\nsed -i "s|%%FOLDER%%|$RUNCTL_HOME|" "$SYSTEMD_UNIT_PATH/agent.service"\nsystemctl start agent',
      ),
    );
    await until(() => Boolean(machine.read('var/lib/runctl/seen')));
    expect(machine.read('var/lib/runctl/seen')).toBe('1/two words/from file\n');
  });

  it('refuses loudly what it cannot do', async () => {
    const machine = machines.launch(
      withUnit(
        '[Service]\nExecStart=/bin/true\nDynamicUser=yes',
        'cd "$RUNCTL_HOME"\nsystemctl start agent 2> setting || systemctl isolate x 2> verb || systemctl start nothing 2> unit || reboot 2> reboot || touch refused',
      ),
    );
    await until(() => machine.read('var/lib/runctl/refused') !== undefined);
    expect(machine.read('var/lib/runctl/setting')).toContain('DynamicUser=yes');
    expect(machine.read('var/lib/runctl/verb')).toContain("does not support 'isolate'");
    expect(machine.read('var/lib/runctl/unit')).toContain('Unit nothing.service not found');
    expect(machine.read('var/lib/runctl/reboot')).toContain('not supported');
  });
});

describe('unit files', () => {
  it('reads settings, comments and continued lines, and accepts what is harmless', () => {
    const unit = parseUnitFile(
      'agent.service',
      '# agent\n[Unit]\nDescription=The agent\n[Service]\nOOMScoreAdjust=-1000\nExecStart=/bin/sh \\\n  -c "a b" %n\nRestartSec=1min 30s\n[Install]\nWantedBy=multi-user.target\n',
    );
    expect(unit.start).toEqual([{ words: ['/bin/sh', '-c', 'a b', 'agent.service'], ignoreFailure: false }]);
    expect(unit.restartMs).toBe(90_000);
    expect(unit.wantedBy).toEqual(['multi-user.target']);
  });

  it.each([
    ['90', 90_000],
    ['100ms', 100],
    ['1h 5min', 3_900_000],
    ['infinity', Number.POSITIVE_INFINITY],
  ])('reads the time span %s', (text, ms) => {
    expect(parseSpanMs(text)).toBe(ms);
  });

  it('splits words as systemd does', () => {
    expect(parseWords(`a "b c" 'd "e"' f\\ g x"y z"`)).toEqual(['a', 'b c', 'd "e"', 'f g', 'xy z']);
    expect(expandVariables(['$LIST', `x\${ONE}`, '$$'], { LIST: 'a b', ONE: '1' })).toEqual(['a', 'b', 'x1', '$']);
  });
});

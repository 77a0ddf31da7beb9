import { type TestMachines, testMachines, until } from './support';

describe('a process host', () => {
  let machines: TestMachines;

  beforeEach(() => {
    machines = testMachines();
  });

  afterEach(() => machines.close());

  it('runs its user data once in its own folder, with nothing of the developer but PATH and LANG', async () => {
    process.env['AWS_SECRET_ACCESS_KEY'] = 'of the developer';
    const machine = machines.launch(
      '#!/bin/sh\nenv | sort > "$RUNCTL_HOME/env"\necho done >> "$RUNCTL_HOME/done"\npwd\n',
    );
    await until(() => machine.read('var/lib/runctl/done') !== undefined);
    delete process.env['AWS_SECRET_ACCESS_KEY'];
    const names = (machine.read('var/lib/runctl/env') ?? '').split('\n').map((line) => line.split('=')[0] ?? '');
    expect(names.filter((name) => !['', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(name))).toEqual([
      'AWS_DEFAULT_REGION',
      'AWS_EC2_METADATA_SERVICE_ENDPOINT',
      'AWS_ENDPOINT_URL',
      'AWS_REGION',
      'HOME',
      'LANG',
      'PATH',
      'RUNCTL_CLOCK_SPEED',
      'RUNCTL_HOME',
      'RUNCTL_HOST_ID',
      'RUNCTL_HOST_ROOT',
      'RUNCTL_TRAIN_USER',
      'SYSTEMD_UNIT_PATH',
      'TMPDIR',
    ]);
    await until(() => machine.read('var/log/cloud-init-output.log') === `${machine.folder}\n`);
    expect(machine.read('var/lib/runctl/done')).toBe('done\n');
  });

  it('registers with SSM shortly after boot, and never without an instance profile', async () => {
    const machine = machines.launch('#!/bin/sh\n');
    const roleless = machines.launch('#!/bin/sh\n', { instanceProfileArn: undefined as never });
    await until(() => machine.happened.registered);
    expect(roleless.happened.registered).toBe(false);
  });

  it('leaves no process when it is destroyed, however they were detached', async () => {
    const machine = machines.launch(`#!/bin/sh
setsid sh -c 'sleep 100000 & sleep 100000 & echo $! > "$RUNCTL_HOME/double-forked"' &
(trap '' TERM HUP; sleep 200000; sleep 200000) &
env -i PATH="$PATH" setsid sh -c 'sleep 100000 & wait' &
echo ready > "$RUNCTL_HOME/ready"
`);
    await until(() => Boolean(machine.read('var/lib/runctl/double-forked')?.trim()) && machine.processes().length >= 6);
    expect(machine.processes()).toContain(Number(machine.read('var/lib/runctl/double-forked')));
    await machine.host.destroy();
    expect(machine.processes()).toEqual([]);
  });

  it('lets processes end by SIGTERM when it shuts down, but pulls the plug on those that do not', async () => {
    const machine = machines.launch(`#!/bin/sh
setsid sh -c 'trap "echo saved > $RUNCTL_HOME/saved; exit 0" TERM; echo > "$RUNCTL_HOME/ready"; while :; do sleep 1; done' &
setsid sh -c 'trap "" TERM; echo > "$RUNCTL_HOME/stubborn"; while :; do sleep 1; done' &
`);
    await until(() => ['ready', 'stubborn'].every((name) => machine.read(`var/lib/runctl/${name}`)));
    await machine.host.shutDown();
    expect(machine.read('var/lib/runctl/saved')).toBe('saved\n');
    expect(machine.processes()).toEqual([]);
    expect(machine.happened.poweredOff).toBe(false);
  });

  it('powers off from inside: units are stopped first, then its cloud is told', async () => {
    const machine = machines.launch(`#!/bin/sh
cat > "$SYSTEMD_UNIT_PATH/agent.service" <<EOF
[Service]
ExecStart=/bin/sh -c 'trap "echo stopped > $RUNCTL_HOME/unit; exit 0" TERM; echo up > $RUNCTL_HOME/up; while :; do sleep 1; done'
Restart=always
EOF
systemctl enable --now agent
until [ -f "$RUNCTL_HOME/up" ]; do sleep 0.1; done
shutdown -h now
`);
    await until(() => machine.happened.poweredOff);
    expect(machine.read('var/lib/runctl/unit')).toBe('stopped\n');
    expect(machine.processes()).toEqual([]);
  });

  it('sleeps by its own clock', async () => {
    const machine = machines.launch('#!/bin/sh\nsleep 1m 30s && echo awake > "$RUNCTL_HOME/awake"\n');
    await until(() => machine.read('var/lib/runctl/awake') !== undefined);
  });

  it('says so when user data is not a script', async () => {
    const machine = machines.launch('#cloud-config\npackages: []\n');
    await until(() => machines.logs.some((line) => line.includes('only when it is a script')));
    expect(machine.read('var/log/cloud-init-output.log')).toContain('starts with #!');
  });
});

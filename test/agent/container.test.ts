/** Training in a container: with a stand-in for docker that runs what it is told as processes of this machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../../agent/adapters/run-tool';
import { systemClock } from '../../agent/adapters/system-clock';
import { containerCommand } from '../../agent/container/container-command';
import { prepareImage } from '../../agent/container/docker';
import { PullProgress } from '../../agent/container/pull-progress';
import { trainingMarker } from '../../agent/training-environment';
import { endProcesses } from '../../agent/training-process';
import type { JobSpecInput } from '../../core/job/job-spec';
import { StandInDocker } from '../support/docker/stand-in';
import { boot } from './boot';
import { BUCKET, FIXTURES } from './machine';

const IMAGE = 'pytorch/pytorch:2.4.0-cuda12.1';
const ECR_IMAGE = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/train:v1';

const ANY = {
  ...{ docker: ['docker'], image: IMAGE, name: 'runctl', command: 'true', workFolder: '/w', folders: ['/w'] },
  ...{ readOnlyFolders: [], marker: 'A=1', gpus: 0, user: { uid: 1, gid: 1 }, graceSeconds: 90 },
};

let docker: StandInDocker;
beforeEach(() => {
  docker = new StandInDocker();
});
afterEach(() => docker.remove());

async function inContainer(command: string, image = IMAGE, job: Partial<JobSpecInput> = {}) {
  const machine = await boot(command, { job: { ...job, resources: { image } } });
  return machine.start({ runTool });
}

describe('a job with an image', () => {
  it('runs in it, with its folders under the same paths', async () => {
    const machine = await inContainer('--steps 20');
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'succeeded', exitCode: 0, lastCheckpoint: { step: 20 } });
    expect(final.stages.map(({ stage }) => stage).slice(0, 3)).toEqual(['boot', 'image', 'code']);
    expect(machine.results()).toContain('model.json');
    expect(machine.training()).toEqual([]);

    const words = docker.of('run')[0]?.arguments ?? [];
    for (const folder of ['work', 'data', 'output']) {
      const path = join(machine.home, folder);
      expect(words).toContain(`--mount=type=bind,source=${path},target=${path}`);
    }
    const python = join(machine.home, 'python');
    expect(words).toContain(`--mount=type=bind,source=${python},target=${python},readonly`);
    expect(words).toEqual(
      expect.arrayContaining([
        ...['--rm', '--init', '--network=host', '--ipc=host', '--userns=host', '--cap-drop=ALL'],
        `--user=${process.getuid?.()}:${process.getgid?.()}`,
        '--security-opt=no-new-privileges',
      ]),
    );
    expect(words).not.toContain('--gpus=all');
  });

  it('has what it needs in its environment, and nothing of the machine’s; no secret is in a command line', async () => {
    const env = { COLOUR: `two\nlines, 'quoted' $HOME`, UID: '7', LD_PRELOAD: '/nowhere.so' };
    const machine = await inContainer('env -0 > "$RUNCTL_OUTPUT_DIR/env"', IMAGE, {
      env,
      secrets: { TOKEN: 'ssm:/runctl/token' },
    });
    await machine.ended();
    const stored = machine.store.text(`${BUCKET}/results/${machine.sessionId}/env`) ?? '';
    const environment = Object.fromEntries(
      stored.split('\0').map((each) => [each.split('=')[0], each.replace(/^\w+=/, '')]),
    );
    expect(environment).toMatchObject({
      COLOUR: env.COLOUR,
      TOKEN: 'value-of-ssm:/runctl/token',
      PATH: '/usr/local/bin:/usr/bin:/bin',
      NODE_RANK: '0',
      RUNCTL_CHECKPOINT_DIR: join(machine.home, 'work', 'checkpoints'),
      // runctl.py is found before what the image has.
      PYTHONPATH: `${join(machine.home, 'python')}:/opt/image`,
    });
    expect(environment).not.toHaveProperty('RUNCTL_ENVIRONMENT_END');
    expect(environment).not.toHaveProperty('RUNCTL_HOME');
    expect(Object.keys(environment).filter((name) => name.startsWith('AWS_'))).toEqual(['AWS_EC2_METADATA_DISABLED']);
    expect(JSON.stringify(docker.calls)).not.toContain('value-of-ssm');
    expect(JSON.stringify(docker.calls)).not.toContain('LD_PRELOAD');
  });

  it('says so when its environment does not arrive', () => {
    const { status, stderr } = spawnSync('sh', containerCommand(ANY).slice(-4), { input: "command export A='1'\n" });
    expect([status, String(stderr)]).toEqual([1, 'runctl: the environment did not arrive\n']);
  });

  it('has all GPUs where there are any', () => {
    expect(containerCommand({ ...ANY, gpus: 8 })).toContain('--gpus=all');
  });

  it('is told to save when it is interrupted; the engine’s client is not, and hands on what is printed to the end', async () => {
    const machine = await inContainer('--steps 50 --hold-at 7');
    await machine.untilStep(7);
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({
      outcome: 'interrupted',
      reason: 'SpotNotice',
      exitCode: 0,
      lastCheckpoint: { step: 7 },
    });
    expect(machine.trainingLog()).toContain('stopping as asked');
    expect(docker.of('signal')).toEqual([]);
  });

  it('that ignores SIGTERM is killed at the end of its grace', async () => {
    const machine = await inContainer('--steps 50 --ignore-term --pace 0.5', IMAGE, { limits: { graceSeconds: 1 } });
    await machine.untilStep(1);
    machine.order({ desired: 'stop', reason: 'StoppedByUser' });
    expect(await machine.ended()).toMatchObject({ outcome: 'stopped' });
    expect(machine.training()).toEqual([]);
  });

  it('tells the exit code and the last lines of its command', async () => {
    const machine = await inContainer('echo "no such file" >&2; exit 3');
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'failed', exitCode: 3 });
    expect(final.logTail.at(-1)).toBe('no such file');
  });

  it('gets the password of a registry of ECR’s in its own region, and never in a command line', async () => {
    const machine = await inContainer('true', ECR_IMAGE);
    await machine.ended();
    const [login] = docker.of('login');
    expect(login?.input).toBe('password-of-eu-central-1');
    expect(login?.arguments).toEqual(expect.arrayContaining(['--username', 'AWS', '--password-stdin']));
    expect(login?.arguments?.at(-1)).toBe('123456789012.dkr.ecr.eu-central-1.amazonaws.com');
    expect(JSON.stringify(docker.calls.map((call) => call.arguments))).not.toContain('password-of');
    expect(docker.of('pull')[0]?.arguments?.at(-1)).toBe(ECR_IMAGE);
  });

  it.each([
    ['team/missing:v1', 'There is no such image or tag'],
    ['team/forbidden:v1', 'There is no such image or tag, or it is private'],
  ])('fails before anything is staged when there is no %s to be had', async (image, advice) => {
    const machine = await inContainer('true', image);
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'failed', stage: 'image', exitCode: null });
    expect(final.error).toContain(image);
    expect(final.error).toContain(advice);
  });

  it('is found and told to save by an agent that was restarted, and knows its mark alone', async () => {
    const machine = await inContainer('--steps 50 --hold-at 7');
    await machine.untilStep(7);
    const marker = trainingMarker(machine.sessionId, machine.userId);
    const killAtMs = systemClock.monotonic() + 20_000;
    const ended = await endProcesses({ clock: systemClock, processes: { marker }, killAtMs: () => killAtMs });
    expect(ended).toEqual({ wasKilled: false });
    await machine.ended();
    expect(machine.trainingLog()).toContain('stopping as asked');
    expect(docker.of('signal')).toEqual([]);
  });
});

describe('an engine that is not there', () => {
  const prepare = (programs: string[]) => {
    const calls: string[] = [];
    let isUp = false;
    const prepared = prepareImage({
      clock: { now: () => 0, monotonic: () => 0, sleep: async () => {} },
      log: () => {},
      runTool: async (program, args) => {
        const name = program.split('/').at(-1) ?? '';
        calls.push([name, ...args.filter((word) => !/^(--config|--host|unix:|\/)/.test(word))].join(' '));
        if (name === 'systemctl') isUp = true;
        if (args.includes('version') && !isUp) throw new Error('Cannot connect to the Docker daemon');
        return '28.0.0';
      },
      ecrPassword: async () => '',
      configFolder: join(docker.folder, 'config'),
      environment: { PATH: folderWith(programs) },
      image: IMAGE,
      signal: new AbortController().signal,
      onFraction: () => {},
    });
    return { prepared, calls };
  };
  const folderWith = (programs: string[]) => {
    for (const program of programs) execFileSync('touch', [join(docker.folder, program)]);
    execFileSync('rm', ['-f', join(docker.folder, 'docker')]);
    return docker.folder;
  };

  it.each([
    ['dnf', ['dnf install --assumeyes docker']],
    ['apt-get', ['apt-get update', 'apt-get install --yes --no-install-recommends docker.io']],
  ])('is installed by %s, and started', async (program, commands) => {
    const { prepared, calls } = prepare([program]);
    await prepared;
    expect(calls).toEqual([
      'docker version --format {{.Server.Version}}',
      ...commands,
      'systemctl enable --now docker',
      'docker version --format {{.Server.Version}}',
      `docker pull ${IMAGE}`,
    ]);
  });

  it('is missed in words where it cannot be installed', async () => {
    await expect(prepare([]).prepared).rejects.toThrow('this machine image has no docker');
  });
});

describe('the progress of a pull', () => {
  it('is the share of its layers that are here, half of one that is not unpacked yet', () => {
    const progress = new PullProgress();
    expect(progress.read('2.4.0: Pulling from pytorch/pytorch')).toBeNull();
    expect(progress.read('0123456789ab: Pulling fs layer')).toBe(0);
    expect(progress.read('ba9876543210: Already exists')).toBe(0.5);
    expect(progress.read('0123456789ab: Download complete')).toBe(0.75);
    expect(progress.read('0123456789ab: Pull complete')).toBe(1);
  });
});

describe('a real engine', () => {
  const hasEngine = spawnSync('docker', ['version', '--format', '{{.Server.Version}}']).status === 0;
  const whereEngine = hasEngine ? it : it.skip;

  whereEngine('trains, saves on SIGTERM and is seen by the agent as on the machine itself', async () => {
    docker.remove();
    const script = readFileSync(join(FIXTURES, 'train.py'), 'utf8');
    const command = `cat >train.py <<'END'\n${script}\nEND\nexec python3 train.py --steps 50 --hold-at 7`;
    const machine = await boot(command, {
      job: { code: null, resources: { image: 'public.ecr.aws/docker/library/python:3.12-slim' } },
    });
    machine.start({ runTool });
    await machine.untilStep(7);
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', exitCode: 0, lastCheckpoint: { step: 7 } });
    expect(existsSync(join(machine.home, 'work', 'checkpoints', 'step-7.json'))).toBe(true);
  });
});

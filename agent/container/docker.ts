/** The container engine of the machine: there, running, and with the job's image. */
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseImageName } from '../../core/plan/container-image';
import type { Clock, Log, RunTool } from '../ports';
import { isRefusal, messageOf, retry } from '../retry';
import { PullProgress } from './pull-progress';

export interface DockerOptions {
  clock: Clock;
  log: Log;
  runTool: RunTool;
  /** Of a registry of ECR's in that region, by the instance's role. */
  ecrPassword: (region: string) => Promise<string>;
  /** Folder of the engine's client's settings, with the password of the registry: nobody else's. */
  configFolder: string;
  /** The agent's own. */
  environment: NodeJS.ProcessEnv;
}

const MINUTE_MS = 60_000;
const ANSWER_WITHIN_MS = MINUTE_MS;
const INSTALL_WITHIN_MS = 10 * MINUTE_MS;
const PATIENCE_MS = 10 * MINUTE_MS;
const DEFAULT_SOCKET = 'unix:///var/run/docker.sock';

/** What waiting does not mend, by what the engine says of it, and what the user can do. */
const FINAL: readonly [said: RegExp, advice: string][] = [
  [/no matching manifest for/i, 'It is not built for the architecture of this instance type.'],
  [/no space left on device/i, 'It does not fit onto the disk: raise resources.volumeGiB.'],
  [
    /manifest unknown|manifest for .* not found|repository .* not found|does not exist|name unknown/i,
    'There is no such image or tag, or it is private.',
  ],
  [
    /denied|unauthorized|no basic auth credentials|forbidden/i,
    'The registry does not give it to this instance: repositories of ECR need a policy that lets the role of the instances pull, and must be named in imageRepositories in cdk.json.',
  ],
  [/invalid reference format/i, 'It is no image name.'],
];
const RATE_LIMITED = /toomanyrequests|rate limit/i;

class ImageUnavailable extends Error {
  override readonly name = 'ImageUnavailable';
}

/** Words of the command line that runs the engine's client, whatever its caller's environment says. */
export function dockerCommand({
  configFolder,
  environment,
}: Pick<DockerOptions, 'configFolder' | 'environment'>): string[] {
  const host = environment['DOCKER_HOST'] ?? DEFAULT_SOCKET;
  return [findProgram('docker', environment) ?? 'docker', '--config', configFolder, '--host', host];
}

/** By its whole path: the environment of a job may have a PATH of its own. */
function findProgram(name: string, { PATH = '' }: NodeJS.ProcessEnv): string | undefined {
  return PATH.split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** Brings the image onto the machine. Rejects with what the user can do. */
export async function prepareImage(
  options: DockerOptions & { image: string; signal: AbortSignal; onFraction: (fraction: number | null) => void },
): Promise<void> {
  const { clock, log, image, signal } = options;
  mkdirSync(options.configFolder, { recursive: true, mode: 0o700 });
  await ensureEngine(options);
  const what = `pulling ${image}`;
  await retry(() => logInAndPull(options), {
    clock,
    log,
    what,
    giveUpAfterMs: PATIENCE_MS,
    signal,
    isFinal: (error) => error instanceof ImageUnavailable || isRefusal(error),
  }).catch((error: unknown) => {
    throw new Error(`${what}: ${messageOf(error)}${hintOf(error)}`, { cause: error });
  });
}

const hintOf = (error: unknown) =>
  RATE_LIMITED.test(messageOf(error))
    ? ' The registry limits how often it may be asked from one address: a copy in ECR has no such limit.'
    : '';

async function logInAndPull({
  image,
  signal,
  onFraction,
  runTool,
  ecrPassword,
  ...engine
}: Parameters<typeof prepareImage>[0]): Promise<void> {
  const [docker = 'docker', ...args] = dockerCommand(engine);
  const ecr = parseImageName(image)?.ecr;
  if (ecr !== undefined) {
    const login = [...args, 'login', '--username', 'AWS', '--password-stdin', ecr.host];
    await runTool(docker, login, { input: await ecrPassword(ecr.region), timeoutMs: ANSWER_WITHIN_MS, signal });
  }
  const progress = new PullProgress();
  const onLine = (line: string) => onFraction(progress.read(line));
  await runTool(docker, [...args, 'pull', image], { signal, onLine }).catch((error: unknown) => {
    const advice = FINAL.find(([said]) => said.test(messageOf(error)))?.[1];
    throw advice === undefined ? error : new ImageUnavailable(`${messageOf(error)}. ${advice}`);
  });
}

/** Deep Learning AMIs have one; on others it is installed from the distribution's own packages. */
async function ensureEngine(options: DockerOptions): Promise<void> {
  if (await answers(options)) return;
  const { log, runTool, environment } = options;
  if (findProgram('docker', environment) === undefined) {
    log('there is no docker on this machine; it is being installed');
    for (const [program = '', ...args] of installCommands(environment)) {
      await runTool(program, args, {
        timeoutMs: INSTALL_WITHIN_MS,
        environment: { PATH: environment['PATH'] ?? '', DEBIAN_FRONTEND: 'noninteractive' },
      });
    }
  }
  await runTool('systemctl', ['enable', '--now', 'docker'], { timeoutMs: ANSWER_WITHIN_MS });
  if (!(await answers(options))) throw new Error('resources.image: the container engine (docker) does not answer');
}

function installCommands(environment: NodeJS.ProcessEnv): string[][] {
  if (findProgram('dnf', environment)) return [['dnf', 'install', '--assumeyes', 'docker']];
  if (findProgram('apt-get', environment)) {
    return [
      ['apt-get', 'update'],
      ['apt-get', 'install', '--yes', '--no-install-recommends', 'docker.io'],
    ];
  }
  throw new Error('resources.image: this machine image has no docker, and neither dnf nor apt-get to install it with');
}

async function answers({ runTool, log, ...engine }: DockerOptions): Promise<boolean> {
  const [docker = 'docker', ...args] = dockerCommand(engine);
  try {
    const version = await runTool(docker, [...args, 'version', '--format', '{{.Server.Version}}'], {
      timeoutMs: ANSWER_WITHIN_MS,
    });
    log(`container engine: docker ${version.trim()}`);
    return true;
  } catch (error) {
    log(messageOf(error));
    return false;
  }
}

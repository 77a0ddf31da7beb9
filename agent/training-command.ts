/** What is run, with which environment: on the machine itself, or in a container of the job's image. */
import type { Order } from '../core/node/lease';
import type { Resumed } from './checkpoints/resume';
import { containerCommand, containerEnvironment, containerName } from './container/container-command';
import { type DockerOptions, dockerCommand } from './container/docker';
import type { AgentContext } from './context';
import { placePythonHelper } from './python-helper';
import { devicesOf, rankOf } from './this-node';
import { commandLineOf, trainingEnvironment, trainingMarker } from './training-environment';
import { hostCommand } from './training-process';

export interface TrainingCommand {
  commandLine: string[];
  /** For its standard input. */
  input: string | undefined;
}

export async function trainingCommand(
  context: AgentContext,
  order: Order,
  resumed: Resumed | undefined,
): Promise<TrainingCommand> {
  const { config, folders, plan, secrets, userId } = context;
  const { job } = plan;
  const { image } = job.resources;
  const resume = resumed && { path: resumed.path, step: resumed.manifest.step };
  const command = commandLineOf(job, resume?.path);
  const { gpus } = await devicesOf(context);
  const pythonFolder = placePythonHelper(config.home);
  const environment = trainingEnvironment({
    own: image === null ? process.env : waysToCredentials(job.aws),
    region: config.region,
    job,
    secrets,
    sessionId: config.sessionId,
    userId,
    attempt: config.attempt,
    order,
    rank: rankOf(context, order),
    gpus,
    folders,
    pythonFolder,
    resume,
    user: config.user,
  });
  if (image === null) return { commandLine: hostCommand(command, environment, config.user), input: undefined };
  const commandLine = containerCommand({
    docker: dockerCommand(dockerOptions(context)),
    image,
    name: containerName(config.sessionId, config.attempt),
    command,
    workFolder: folders.work,
    folders: [folders.work, folders.data, folders.output, ...(config.user ? [config.user.home] : [])],
    readOnlyFolders: [pythonFolder],
    marker: trainingMarker(config.sessionId, userId),
    gpus,
    user: config.user ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    graceSeconds: job.limits.graceSeconds,
  });
  return { commandLine, input: containerEnvironment(environment) };
}

/** Of the machine's own environment a container has nothing else: PATH and the like are the image's. */
function waysToCredentials(isAllowed: boolean): NodeJS.ProcessEnv {
  const isWay = ([name]: [string, unknown]) => isAllowed && name.startsWith('AWS_');
  return Object.fromEntries(Object.entries(process.env).filter(isWay));
}

export function dockerOptions({ clock, log, runTool, ecrPassword, config }: AgentContext): DockerOptions {
  return { clock, log, runTool, ecrPassword, configFolder: `${config.home}/docker`, environment: process.env };
}

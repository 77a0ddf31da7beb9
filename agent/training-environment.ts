/** The environment that the training command sees. */
import { createHash } from 'node:crypto';
import type { JobSpec } from '../core/job/job-spec';
import type { Order } from '../core/node/lease';
import type { TrainingUser } from './context';
import { isGang } from './lease-keeper';

export interface TrainingEnvironmentInput {
  /** The agent's own environment. */
  own: NodeJS.ProcessEnv;
  region: string;
  job: JobSpec;
  secrets: Readonly<Record<string, string>>;
  sessionId: string;
  /** The node's aws:userid. */
  userId: string;
  attempt: number;
  order: Order;
  rank: number;
  /** Of this instance; 0 when unknown or none. */
  gpus: number;
  folders: { checkpoints: string; output: string; data: string };
  /** Folder of runctl.py. */
  pythonFolder: string;
  resume: { path: string; step: number | null } | undefined;
  user: Pick<TrainingUser, 'name' | 'home'> | undefined;
}

/** torchrun's own default, and the first of the ports that sessions choose from: two may share a machine. */
const FIRST_PORT = 29_500;
/** Below the ports that Linux gives to connections (32768 on). */
const PORTS = 3_000;
/** The agent's own, systemd's, and the ways to the instance's credentials. */
const HIDDEN =
  /^(AWS_|RUNCTL_(BUCKET|REGION|HOME|TRAIN_USER|LOG_GROUP)$|INVOCATION_ID$|JOURNAL_STREAM$|NOTIFY_SOCKET$|SYSTEMD_EXEC_PID$)/;

/** The same on all nodes of the session. */
function portOf(sessionId: string): string {
  return String(FIRST_PORT + (createHash('sha256').update(sessionId).digest().readUInt32BE() % PORTS));
}

/** torchrun takes its arguments' defaults from these (torch.distributed.argparse_util): `torchrun train.py` does. */
function torchrunDefaults(variables: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  const names = ['NNODES', 'NODE_RANK', 'NPROC_PER_NODE', 'MASTER_ADDR', 'MASTER_PORT'];
  return Object.fromEntries(names.map((name) => [`PET_${name}`, variables[name]]));
}

/** Told by the marker `RUNCTL_TRAINING=<session>/<user id>`, every process of this node's training can be found again. */
export const trainingMarker = (sessionId: string, userId: string) => `RUNCTL_TRAINING=${sessionId}/${userId}`;

export function trainingEnvironment(input: TrainingEnvironmentInput): Record<string, string> {
  const {
    own,
    region,
    job,
    secrets,
    sessionId,
    userId,
    attempt,
    order,
    rank,
    gpus,
    folders,
    pythonFolder,
    resume,
    user,
  } = input;
  const inherited = Object.entries(own).filter(([name]) =>
    job.aws ? !name.startsWith('RUNCTL_HOME') : !HIDDEN.test(name),
  );
  const [markerName = '', markerValue = ''] = trainingMarker(sessionId, userId).split('=');
  const rendezvous = {
    MASTER_ADDR: order.nodes[0]?.privateAddress ?? '127.0.0.1',
    MASTER_PORT: job.env['MASTER_PORT'] ?? portOf(sessionId),
    NNODES: String(Math.max(1, order.nodes.length)),
    NODE_RANK: String(rank),
    NPROC_PER_NODE: job.env['NPROC_PER_NODE'] ?? String(Math.max(1, gpus)),
  };
  const variables: Record<string, string | undefined> = {
    PYTHONUNBUFFERED: '1',
    ...Object.fromEntries(inherited),
    ...(job.aws
      ? { AWS_REGION: region, AWS_DEFAULT_REGION: region }
      : // Without this an SDK would look for the instance's credentials by itself.
        { AWS_EC2_METADATA_DISABLED: 'true' }),
    ...(user ? { HOME: user.home, USER: user.name, LOGNAME: user.name } : {}),
    ...job.env,
    ...secrets,
    ...(isGang(order) ? torchrunDefaults(rendezvous) : {}),
    ...rendezvous,
    PYTHONPATH: [pythonFolder, secrets['PYTHONPATH'] ?? job.env['PYTHONPATH'] ?? own['PYTHONPATH']]
      .filter(Boolean)
      .join(':'),
    RUNCTL_SESSION_ID: sessionId,
    RUNCTL_ATTEMPT: String(attempt),
    RUNCTL_CHECKPOINT_DIR: folders.checkpoints,
    RUNCTL_OUTPUT_DIR: folders.output,
    RUNCTL_DATA_DIR: folders.data,
    RUNCTL_RESUME_FROM: resume?.path,
    RUNCTL_RESUME_STEP: resume?.step === null ? undefined : resume?.step.toString(),
    [markerName]: markerValue,
  };
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** A word for a POSIX shell. */
export const shellQuote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The command, with the resume argument when there is something to resume from. */
export function commandLineOf(job: JobSpec, resumePath: string | undefined): string {
  const { resumeArg } = job.checkpoints;
  if (resumePath === undefined || resumeArg === null) return job.command;
  return `${job.command.trimEnd()} ${resumeArg.replaceAll('{path}', () => shellQuote(resumePath))}`;
}

/** Everything that the stages of one attempt share on this node. */
import { join } from 'node:path';
import type { Plan } from '../core/plan/plan';
import type { CheckpointUploader } from './checkpoints/uploader';
import type { CheckpointWatcher } from './checkpoints/watcher';
import type { LeaseKeeper } from './lease-keeper';
import type { LogKeeper } from './log-keeper';
import type { NoticeWatcher } from './notice-watcher';
import type { Clock, Log, LogCopy, Metadata, ObjectStore, RunTool } from './ports';
import type { StateFile } from './state-file';
import type { StatusReporter } from './status-reporter';
import type { StopLatch } from './stop-latch';

export interface TrainingUser {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

export interface AgentConfig {
  sessionId: string;
  attempt: number;
  bucket: string;
  region: string;
  /** Folder of everything that the agent keeps. */
  home: string;
  /** Whom training runs as; undefined: the agent's own user. */
  user: TrainingUser | undefined;
  intervals: Intervals;
}

/** All in milliseconds. */
export interface Intervals {
  noticePoll: number;
  leasePoll: number;
  heartbeat: number;
  checkpointPoll: number;
  hastyCheckpointPoll: number;
  logPoll: number;
  logUpload: number;
  /** How long AWS is given to end a machine that it gave notice to. */
  noticeToPowerOff: number;
  /** How long the nodes of a gang are given to learn of one's notice; of the two minutes that AWS gives. */
  noticeToPeersTold: number;
}

export const INTERVALS: Intervals = {
  noticePoll: 5_000,
  leasePoll: 15_000,
  heartbeat: 15_000,
  checkpointPoll: 1_000,
  hastyCheckpointPoll: 200,
  logPoll: 500,
  logUpload: 30_000,
  noticeToPowerOff: 180_000,
  noticeToPeersTold: 20_000,
};

/** The outside world, as main.ts wires it. */
export interface AgentPorts {
  clock: Clock;
  log: Log;
  store: ObjectStore;
  metadata: Metadata;
  /** The node's aws:userid. */
  identify: () => Promise<string>;
  /** Value of a secret by its reference, e.g. `ssm:/runctl/wandb`. */
  readSecret: (reference: string) => Promise<string>;
  /** Bytes that are free on the disk of a folder. */
  freeBytes: (folder: string) => Promise<number>;
  openLogCopy: (stream: string) => LogCopy | undefined;
  /** Lets a user reach the instance's metadata and credentials, for a job that says `aws: true`. */
  allowMetadata: (uid: number) => Promise<void>;
  runTool: RunTool;
  /** Of private registries of ECR's in that region, by the instance's role. */
  ecrPassword: (region: string) => Promise<string>;
  /** Asks the operating system to power off. */
  powerOff: () => Promise<void>;
}

export interface Folders {
  /** Of the job: code is here, training runs here. */
  work: string;
  checkpoints: string;
  data: string;
  output: string;
  scratch: string;
  /** Of stage-in: what is not whole yet. Outlives a restart of the agent. */
  partials: string;
  /** File. */
  trainingLog: string;
}

export function foldersOf(home: string, checkpointDir: string): Folders {
  const work = join(home, 'work');
  return {
    work,
    checkpoints: join(work, checkpointDir),
    data: join(home, 'data'),
    output: join(home, 'output'),
    scratch: join(home, 'scratch'),
    partials: join(home, 'partials'),
    trainingLog: join(home, 'logs', 'train.log'),
  };
}

export interface AgentContext extends AgentPorts {
  config: AgentConfig;
  userId: string;
  plan: Plan;
  folders: Folders;
  secrets: Readonly<Record<string, string>>;
  /** Why they could not be read. */
  secretsProblem: string | undefined;
  state: StateFile;
  latch: StopLatch;
  lease: LeaseKeeper;
  notices: NoticeWatcher;
  reporter: StatusReporter;
  logKeeper: LogKeeper;
  watcher: CheckpointWatcher;
  uploader: CheckpointUploader;
  /** Ends the background work of all the above. */
  closing: AbortController;
}

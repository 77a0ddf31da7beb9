/** What a command may use of the world: given once, so that tests can give their own. */
import type { FindingDeps } from '../core/plan/gather-findings';
import type { Clock, Inventory, SessionRegister, ZombieMarks } from '../core/ports';
import type { ClientConfig } from './cloud/client-config';

export type Output = Pick<NodeJS.WriteStream, 'write'> & { isTTY?: boolean; columns?: number };

export interface CliContext {
  stdout: Output;
  stderr: Output;
  /** Whether questions can be asked. */
  isInteractive: boolean;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  clock: Clock;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Called by commands that end what they began here when they are interrupted, however long that takes. */
  cleansUp(): void;
  /** Rejects when `signal` is aborted. */
  sleep(milliseconds: number): Promise<void>;
  seams: Seams;
}

/** What lies outside of core and the AWS SDK, loaded when it is needed: bin/runctl.ts says where it comes from. */
export interface Seams {
  planning(): Promise<PlanningSeam>;
  zombies(): Promise<ZombieSeam>;
  localCloud(): Promise<LocalCloudSeam>;
  /** The folder of the built web page; in a checkout it is built first when its sources have changed. */
  page(): Promise<string>;
}

/** The same looks that plan-job takes, with the user's own credentials. */
export interface PlanningSeam {
  planningPorts(options: {
    region: string;
    bucket: string;
    tableName: string;
    clock: Clock;
    client: ClientConfig;
    onUnknown: (what: string, error: unknown) => void;
  }): Pick<FindingDeps, 'objects' | 'catalog' | 'quotas' | 'prices' | 'ledger'>;
}

/** What the reaper looks at, with the user's own credentials. */
export interface ZombieSeam {
  zombiePorts(options: { tableName: string; clock: Clock; client: ClientConfig }): {
    inventory: Inventory;
    register: Pick<SessionRegister, 'known'>;
    marks: Pick<ZombieMarks, 'page'>;
  };
}

export interface LocalCloudOptions {
  /** Bucket, table and hosts live here. */
  dataDir: string;
  /** undefined: the usual one; 0: any free one. */
  port: number | undefined;
  /** The cloud's seconds in a real one. */
  speed: number;
  /** What `cdk synth` wrote; undefined: the project's own, made anew when it is out of date. */
  assemblyDir: string | undefined;
  onSynthesize: () => void;
  log: (line: string) => void;
}

/** What a client needs to know, as in local.json. */
export interface LocalDescription {
  endpoint: string;
  region: string;
  stateMachineArn: string;
  bucket: string;
  topicArn: string;
  tableName: string;
  logGroup: string;
}

export interface RunningLocalCloud extends LocalDescription {
  /** Sessions that ran when it was stopped the last time; they are aborted. */
  readonly lostExecutions: readonly string[];
  /** Ends everything; no process is left. */
  close(): Promise<void>;
}

export interface LocalCloudSeam {
  startFromCheckout(options: LocalCloudOptions): Promise<RunningLocalCloud>;
}

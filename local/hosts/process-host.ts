/**
 * An instance as a folder and a process tree on this machine. User data, SSM commands and systemd units run as real
 * processes with an environment of their own; metadata and credentials come from an IMDS of their own.
 * Once it has shut down or was destroyed, no process of it is left, however it was detached.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock';
import { ControlServer } from './control-server';
import type { Host, HostCommand, HostEvents, HostSpec, RunningHostCommand } from './host';
import { InstanceMetadata, type IssueCredentials } from './instance-metadata';
import { findProcesses, killProcesses, type ProcessQuery, signalProcesses, waitForNone } from './process-table';
import { runCommand } from './run-command';
import { writeShims } from './shims';
import { Systemd } from './systemd';
import { runUserData } from './user-data';

/** From boot until the SSM agent has registered. On EC2 about half a minute; shorter here, for whoever waits for it. */
const REGISTER_AFTER_MS = 3_000;
/** What the processes outside any unit get between SIGTERM and SIGKILL at shutdown; systemd's default is 90 s. */
const FINAL_TERM = { clockMs: 10_000, realMs: 1_000 };
/** How long EC2 waits for the operating system before it pulls the plug (terminate by API, or after a notice). */
const SHUT_DOWN_WITHIN = { clockMs: 30_000, realMs: 3_000 };

export interface ProcessHostOptions {
  /** Hosts live in `<dataDir>/hosts/<instance id>`. */
  dataDir: string;
  clock: Clock;
  /** URL of the gateway, asked for when a host boots. */
  endpoint: () => string;
  region: string;
  issueCredentials: IssueCredentials;
  /** Variables by which programs on a host find out how fast its clock runs. */
  clockEnvironment: Record<string, string>;
  log: (message: string) => void;
  /** Keep a terminated host's files; by default only its logs stay, as its root volume is deleted with it. */
  keepDisks?: boolean;
}

export interface ProcessHostTools {
  /** All of the factory's hosts carry this in RUNCTL_HOST_ROOT. */
  root: string;
  /** shim-client.ts as plain JavaScript. */
  shimClientPath: string;
  clockSpeed: number;
  /** Settles once the hosts that an earlier cloud left on the same folder are dead. */
  swept: Promise<void>;
}

type Phase = 'booting' | 'up' | 'stopping' | 'gone';

export class ProcessHost implements Host {
  readonly #folder: string;
  readonly #query: ProcessQuery;
  readonly #metadata: InstanceMetadata;
  readonly #control: ControlServer;
  readonly #systemd: Systemd;
  readonly #environment: NodeJS.ProcessEnv = {};
  readonly #booted: Promise<void>;
  #registration?: Timer;
  #phase: Phase = 'booting';
  #end?: Promise<void>;

  constructor(
    readonly spec: HostSpec,
    readonly events: HostEvents,
    readonly options: ProcessHostOptions,
    readonly tools: ProcessHostTools,
  ) {
    const { clock } = options;
    this.#folder = join(tools.root, spec.instanceId);
    this.#query = { marker: `RUNCTL_HOST_ID=${spec.instanceId}`, folder: this.#folder };
    this.#metadata = new InstanceMetadata(spec, clock, options.issueCredentials);
    const machine = {
      hostId: spec.instanceId,
      clock,
      environment: this.#environment,
      folder: this.#folder,
      journalFolder: join(this.#folder, 'var/log/journal'),
      log: (message: string) => this.#log(message),
    };
    const powerOff = () => this.#powerOff();
    this.#systemd = new Systemd(machine, this.#unitFolder, powerOff);
    this.#control = new ControlServer(this.#systemd, clock, powerOff);
    this.#booted = this.#boot();
    this.#booted.catch((error: unknown) => this.#log(`boot failed: ${String(error)}`));
  }

  get instanceId(): string {
    return this.spec.instanceId;
  }

  showInterruption(notice: { action: 'terminate'; atMs: number }): void {
    this.#metadata.showInterruption(notice);
  }

  showRebalance(noticedAtMs: number): void {
    this.#metadata.showRebalance(noticedAtMs);
  }

  run(command: HostCommand): RunningHostCommand {
    if (this.#phase !== 'up') return { finished: new Promise(() => {}), cancel: () => {} };
    return runCommand(command, {
      folder: this.#folder,
      environment: this.#environment,
      clock: this.options.clock,
      isGone: () => this.#phase !== 'up',
    });
  }

  shutDown(): Promise<void> {
    this.#end ??= this.#shutDownWithin(this.#span(SHUT_DOWN_WITHIN));
    return this.#end;
  }

  async destroy(): Promise<void> {
    const wasGone = this.#phase === 'gone';
    this.#phase = 'gone';
    this.#registration?.cancel();
    this.#systemd.abandon();
    await this.#booted.catch(() => undefined);
    this.#metadata.close();
    this.#control.close();
    await killProcesses(this.#query);
    if (!wasGone && !this.options.keepDisks) this.#deleteDisk();
  }

  /** On the clock; however fast that runs, real processes need some real time to end. */
  #span({ clockMs, realMs }: { clockMs: number; realMs: number }): number {
    return Math.max(clockMs, realMs * this.tools.clockSpeed);
  }

  get #unitFolder(): string {
    return join(this.#folder, 'etc/systemd/system');
  }

  async #boot(): Promise<void> {
    await this.tools.swept;
    for (const path of ['root', 'tmp', 'var/log/journal', 'var/lib/runctl', 'etc/systemd/system']) {
      mkdirSync(join(this.#folder, path), { recursive: true });
    }
    const shims = join(this.#folder, 'usr/local/bin');
    const path = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
    const [metadata, control] = await Promise.all([this.#metadata.listen(), this.#control.listen()]);
    writeShims({
      folder: shims,
      clientPath: this.tools.shimClientPath,
      control,
      clockSpeed: this.tools.clockSpeed,
      path,
    });
    Object.assign(this.#environment, {
      ...this.options.clockEnvironment,
      PATH: `${shims}:${path}`,
      LANG: process.env['LANG'] ?? 'C.UTF-8',
      HOME: join(this.#folder, 'root'),
      TMPDIR: join(this.#folder, 'tmp'),
      RUNCTL_HOME: join(this.#folder, 'var/lib/runctl'),
      RUNCTL_TRAIN_USER: '',
      RUNCTL_HOST_ID: this.spec.instanceId,
      RUNCTL_HOST_ROOT: this.tools.root,
      SYSTEMD_UNIT_PATH: this.#unitFolder,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata,
      AWS_ENDPOINT_URL: this.options.endpoint(),
      AWS_REGION: this.spec.region,
      AWS_DEFAULT_REGION: this.spec.region,
    });
    if (this.#phase !== 'booting') return;
    this.#phase = 'up';
    this.#registerSoon();
    this.#runUserData();
  }

  /** Without a role the SSM agent has no credentials, and never registers. */
  #registerSoon(): void {
    if (!this.spec.instanceProfileArn) return;
    this.#registration = this.options.clock.schedule(REGISTER_AFTER_MS, () => this.events.registered());
  }

  #runUserData(): void {
    const { userData, instanceId } = this.spec;
    if (!userData) return;
    runUserData({ folder: this.#folder, instanceId, userData, environment: this.#environment }).then(
      (code) => {
        if (code !== 0 && this.#phase === 'up') this.#log(`user data ended with code ${code}`);
      },
      (error: unknown) => this.#log(`user data: ${String(error)}`),
    );
  }

  #powerOff(): void {
    if (this.#end || this.#phase === 'gone') return;
    this.#end = this.#stopOperatingSystem(() => false).then(async () => {
      const vanished = this.#phase === 'gone';
      await this.destroy();
      if (!vanished) this.events.poweredOff();
    });
    this.#end.catch((error: unknown) => this.#log(`power off: ${String(error)}`));
  }

  async #shutDownWithin(limitMs: number): Promise<void> {
    let isOver = this.#phase === 'gone';
    let pullThePlug = () => {};
    const limit = new Promise<void>((resolve) => {
      pullThePlug = resolve;
    });
    const timer = this.options.clock.schedule(limitMs, () => {
      isOver = true;
      pullThePlug();
    });
    if (!isOver) await Promise.race([this.#stopOperatingSystem(() => isOver), limit]);
    timer.cancel();
    await this.destroy();
  }

  /** As systemd shuts down: stop the units, SIGTERM to whatever is left, wait, SIGKILL. */
  async #stopOperatingSystem(isOver: () => boolean): Promise<void> {
    await this.#booted;
    if (this.#phase === 'up') this.#phase = 'stopping';
    this.#registration?.cancel();
    await this.#systemd.stopAll();
    signalProcesses(findProcesses(this.#query), 'SIGTERM');
    let isTimeUp = false;
    const timer = this.options.clock.schedule(this.#span(FINAL_TERM), () => {
      isTimeUp = true;
    });
    await waitForNone(this.#query, () => isTimeUp || isOver() || this.#phase === 'gone');
    timer.cancel();
  }

  /** The root volume goes with its instance; the logs stay for whoever looks into what happened. */
  #deleteDisk(): void {
    const remove = (folder: string, keep: string) => {
      for (const name of readdirSync(folder)) {
        if (name !== keep) rmSync(join(folder, name), { recursive: true, force: true });
      }
    };
    remove(this.#folder, 'var');
    remove(join(this.#folder, 'var'), 'log');
  }

  #log(message: string): void {
    this.options.log(`${this.spec.instanceId}: ${message}`);
  }
}

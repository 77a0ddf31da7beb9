/**
 * A running (or stopped) service of a host's systemd: starts its processes in a session of their own, restarts them
 * as the unit says, stops them with the unit's signal and, after TimeoutStopSec on the clock, with SIGKILL. What belongs
 * to the unit (its control group) is told by a marker in the environment.
 */
import type { ChildProcess } from 'node:child_process';
import type { Timer } from '../clock';
import { findProcesses, type ProcessQuery, signalProcesses, waitForNone } from './process-table';
import { type UnitCommand, type UnitFile, UnsupportedUnitError } from './unit-file';
import { spawnUnitProcess, type UnitMachine, unitMarker } from './unit-process';

export type UnitState = 'inactive' | 'activating' | 'active' | 'deactivating' | 'failed';

interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Signals that count as a clean end (systemd.service(5), SuccessExitStatus). */
const CLEAN_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'];

export class Unit {
  #state: UnitState = 'inactive';
  #main?: ChildProcess | undefined;
  #restart?: Timer;
  #stopping?: Promise<void> | undefined;
  /** What follows the main process's own end: clearing its group, ExecStopPost, the decision to restart. */
  #ending?: Promise<void>;
  /** False once somebody asked for a stop: no restart then. */
  #isWanted = false;
  /** The machine is gone: nothing starts any more. */
  #isAbandoned = false;
  /** Waiting for RestartSec to pass. */
  #isRestartDue = false;
  #startedAtMs: number[] = [];

  constructor(
    public file: UnitFile,
    readonly machine: UnitMachine,
  ) {}

  get state(): UnitState {
    return this.#state;
  }

  get mainPid(): number | undefined {
    return this.#main?.pid;
  }

  /** Settles once the service runs (simple) or has finished (oneshot). Rejects when it could not be started. */
  async start(): Promise<void> {
    await this.#stopping;
    await this.#ending;
    if (this.#state === 'active' || (this.#state === 'activating' && !this.#isRestartDue)) return;
    this.#restart?.cancel();
    this.#isWanted = true;
    this.#isRestartDue = false;
    this.#checkStartLimit();
    this.#state = 'activating';
    try {
      for (const command of this.file.startPre) await this.#runToEnd(command);
      if (this.file.type === 'oneshot') await this.#startOneshot();
      else await this.#startSimple();
    } catch (error) {
      if (this.#state === 'activating') this.#state = 'failed';
      throw error;
    }
  }

  /** Settles when every process that the unit's KillMode covers is gone. */
  stop(): Promise<void> {
    this.#isWanted = false;
    this.#restart?.cancel();
    if (this.#state === 'inactive' || this.#state === 'failed') return this.#stopping ?? Promise.resolve();
    this.#stopping ??= this.#stopNow().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  /** For a machine that vanishes: no restart, no start, whatever happens to the processes. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#isWanted = false;
    this.#restart?.cancel();
  }

  async #stopNow(): Promise<void> {
    this.#state = 'deactivating';
    await this.#killProcesses(true);
    await this.#runStopPost();
    this.#state = 'inactive';
  }

  async #startSimple(): Promise<void> {
    const [command] = this.file.start;
    if (!command || this.file.start.length > 1) throw new UnsupportedUnitError(`${this.file.name}: several ExecStart`);
    const child = this.#spawn(command);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    this.#main = child;
    this.#state = 'active';
    child.once('exit', (code, signal) => {
      this.#main = undefined;
      this.#ending = this.#mainEnded({ code, signal }, command).catch((error: unknown) => {
        this.machine.log(`${this.file.name}: ${String(error)}`);
      });
    });
  }

  async #startOneshot(): Promise<void> {
    for (const command of this.file.start) await this.#runToEnd(command);
    this.#state = this.file.remainAfterExit ? 'active' : 'inactive';
    if (!this.file.remainAfterExit) await this.#killProcesses(false);
  }

  async #mainEnded(ending: Ending, command: UnitCommand): Promise<void> {
    if (this.#state === 'deactivating') return;
    this.machine.log(`${this.file.name}: main process ended, ${ending.signal ?? `code ${ending.code}`}`);
    const isClean = command.ignoreFailure || this.#isClean(ending);
    this.#state = 'deactivating';
    await this.#killProcesses(false);
    await this.#runStopPost();
    if (!this.#isWanted) return;
    this.#state = isClean ? 'inactive' : 'failed';
    if (!this.#wantsRestart(ending, isClean)) return;
    this.#state = 'activating';
    this.#isRestartDue = true;
    this.#restart = this.machine.clock.schedule(this.file.restartMs, () => {
      this.start().catch((error: unknown) => this.machine.log(`${this.file.name}: ${String(error)}`));
    });
  }

  #isClean({ code, signal }: Ending): boolean {
    return signal === null ? this.file.successExitCodes.has(code ?? -1) : CLEAN_SIGNALS.includes(signal);
  }

  #wantsRestart({ signal }: Ending, isClean: boolean): boolean {
    switch (this.file.restart) {
      case 'always':
        return true;
      case 'on-success':
        return isClean;
      case 'on-failure':
        return !isClean;
      case 'on-abnormal':
      case 'on-abort':
        return signal !== null && !isClean;
      case 'no':
        return false;
    }
  }

  #checkStartLimit(): void {
    const { intervalMs, burst } = this.file.startLimit;
    const now = this.machine.clock.now();
    this.#startedAtMs = this.#startedAtMs.filter((at) => at > now - intervalMs);
    if (intervalMs > 0 && burst > 0 && this.#startedAtMs.length >= burst) {
      this.#state = 'failed';
      throw new Error(`${this.file.name}: start request repeated too quickly (${burst} times in ${intervalMs} ms)`);
    }
    this.#startedAtMs.push(now);
  }

  /** Ends what the unit's KillMode covers; `withMain` when the main process is to be stopped too. */
  async #killProcesses(withMain: boolean): Promise<void> {
    const { killMode, killSignal, timeoutStopMs } = this.file;
    const mainPids = this.#main?.pid === undefined ? [] : [this.#main.pid];
    const group = this.#query();
    const mainOnly = killMode === 'process';
    if (mainOnly && !withMain) return;
    signalProcesses(killMode === 'control-group' ? findProcesses(group) : mainPids, killSignal);
    let isOver = false;
    const timer = Number.isFinite(timeoutStopMs)
      ? this.machine.clock.schedule(timeoutStopMs, () => {
          isOver = true;
          signalProcesses(mainOnly ? mainPids : findProcesses(group), 'SIGKILL');
        })
      : undefined;
    if (killMode !== 'control-group' || !withMain) await this.#mainExit();
    if (killMode === 'mixed') signalProcesses(findProcesses(group), 'SIGKILL');
    while (!mainOnly && !(await waitForNone(group, () => isOver))) {
      isOver = false;
      signalProcesses(findProcesses(group), 'SIGKILL');
    }
    timer?.cancel();
    await this.#mainExit();
  }

  #mainExit(): Promise<void> {
    const main = this.#main;
    return new Promise((resolve) => (main ? main.once('exit', () => resolve()) : resolve()));
  }

  async #runStopPost(): Promise<void> {
    for (const command of this.file.stopPost) {
      await this.#runToEnd(command).catch((error: unknown) => this.machine.log(`${this.file.name}: ${String(error)}`));
    }
  }

  async #runToEnd(command: UnitCommand): Promise<void> {
    const child = this.#spawn(command);
    const ending = await new Promise<Ending>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    if (!command.ignoreFailure && !(ending.signal === null && this.file.successExitCodes.has(ending.code ?? -1))) {
      throw new Error(`${command.words.join(' ')} ended with ${ending.signal ?? `code ${ending.code}`}`);
    }
  }

  #spawn(command: UnitCommand): ChildProcess {
    if (this.#isAbandoned) throw new Error(`${this.file.name}: the machine is gone`);
    return spawnUnitProcess(command, this.file, this.machine);
  }

  #query(): ProcessQuery {
    const { name, value } = unitMarker(this.file, this.machine);
    return { marker: `${name}=${value}` };
  }
}

/**
 * The model of a machine: it boots, registers with Systems Manager, counts down its dead-man timer and runs the real agent
 * on a disk and with processes of the world's. The document's scripts and user data are modelled; everything that decides
 * is the agent's own.
 */
import type { AgentConfig, AgentPorts } from '../../agent/context';
import { DEAD_MAN_SECONDS } from '../../agent/dead-man';
import { type Clock, sleep } from '../../local/clock';
import type {
  Host,
  HostCommand,
  HostCommandResult,
  HostEvents,
  HostSpec,
  RunningHostCommand,
} from '../../local/hosts/host';
import type { CallContext } from '../../local/service';
import { type Api, never } from '../api';
import type { FaultProfile } from '../faults/profile';
import type { Random } from '../random';
import { NodeStore } from './node-store';
import type { Training } from './training';
import type { VirtualFiles } from './virtual-files';

/** What agent/run.ts and agent/stop-latch.ts export. */
export interface AgentProgram {
  runAgent(config: AgentConfig, ports: AgentPorts, latch: object, leave: AbortSignal): Promise<void>;
  StopLatch: new (clock: object, log: (line: string) => void) => { request(cause: object): void };
}

export interface ModelHostOptions {
  spec: HostSpec;
  events: HostEvents;
  clock: Clock;
  random: Random;
  api: Api;
  files: VirtualFiles;
  agent: AgentProgram;
  uploads: FaultProfile['uploads'];
  /** The instance's aws:userid. */
  userId: string;
  context: () => CallContext;
  uploadMs: (path: string) => number;
  registers: boolean;
  isSlowToStop: boolean;
  /** Of its wall clock from the truth. */
  clockErrorMs: number;
  log: (line: string) => void;
  onTrouble: (what: string, lastsMs: number) => void;
}

const DEAD_MAN_MS = DEAD_MAN_SECONDS * 1000;
const AGENT_RESTART_MS = 3_000;
/** systemd's patience with the agent, and the agent's own. */
const STOP_WITHIN_MS = 240_000;
/** Less than core/decide/orders.ts gives an instance that is shutting down. */
const LONGEST_STOP_MS = 280_000;
/** Machines poll less often than real ones: the world has many. The lease's and the notice's pace is the agent's own. */
const INTERVALS = {
  noticePoll: 5_000,
  leasePoll: 15_000,
  heartbeat: 15_000,
  checkpointPoll: 10_000,
  hastyCheckpointPoll: 5_000,
  logPoll: 15_000,
  logUpload: 120_000,
  noticeToPeersTold: 20_000,
  noticeToPowerOff: 180_000,
};

type State = 'booting' | 'up' | 'stopping' | 'off';

/** One process of the agent. */
interface Incarnation {
  isAlive: boolean;
  latch: { request(cause: object): void };
  leave: AbortController;
}

export class ModelHost implements Host {
  readonly instanceId: string;
  readonly home: string;
  #state: State = 'booting';
  #agent: Incarnation | undefined;
  #config: AgentConfig | undefined;
  #hasNetwork = true;
  #hangsUntilMs = 0;
  #touchedAtMs: number;
  readonly #metadata = new Map<string, string>();
  readonly #trainings = new Set<Training>();
  #onStopped: (() => void)[] = [];

  constructor(private readonly options: ModelHostOptions) {
    const { spec, clock, random, events, registers, files } = options;
    this.instanceId = spec.instanceId;
    this.home = `/${spec.instanceId}`;
    this.#metadata.set('meta-data/instance-type', spec.instanceType);
    this.#touchedAtMs = clock.now();
    files.makeFolder(`${this.home}/deadman`);
    clock.schedule(random.between(10_000, 50_000), () => {
      if (this.#state !== 'booting') return;
      this.#state = 'up';
      this.#touchedAtMs = clock.now();
      if (spec.userData !== undefined) this.#countDown();
      clock.schedule(random.between(2_000, 30_000), () => {
        if (this.#state === 'up' && registers) events.registered();
      });
    });
  }

  get isOff(): boolean {
    return this.#state === 'off';
  }

  get isSlowToStop(): boolean {
    return this.options.isSlowToStop;
  }

  /** Whether the agent was ever put on it: until then it obeys nothing but its dead-man timer. */
  get hasAgent(): boolean {
    return this.#config !== undefined;
  }

  get registers(): boolean {
    return this.options.registers;
  }

  /** Whether anything can be heard of it. */
  get isReachable(): boolean {
    return this.#hasNetwork && !this.#hangs;
  }

  get #hangs(): boolean {
    return this.options.clock.now() < this.#hangsUntilMs;
  }

  get trainings(): ReadonlySet<Training> {
    return this.#trainings;
  }

  /** Called when the agent has rewritten the countdown of user-data.sh. */
  touch(): void {
    this.#touchedAtMs = this.options.clock.now();
  }

  setNetwork(isUp: boolean): void {
    this.#hasNetwork = isUp;
  }

  /** Nothing on it goes on for so long, and then all of it, as if nothing had been. */
  hang(durationMs: number): void {
    this.#hangsUntilMs = this.options.clock.now() + durationMs;
    for (const { options, hasEnded } of this.#trainings) if (!hasEnded) options.group.hang(durationMs);
  }

  addTraining(training: Training): void {
    this.#trainings.add(training);
  }

  /** The agent's process dies; systemd starts it again, and training lives on. */
  crashAgent(): void {
    if (this.#agent === undefined || this.#state !== 'up' || this.#hangs) return;
    this.#agent.isAlive = false;
    this.#agent = undefined;
    this.options.clock.schedule(AGENT_RESTART_MS, () => this.#startAgent());
  }

  showInterruption({ action, atMs }: { action: 'terminate'; atMs: number }): void {
    const time = new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
    this.#metadata.set('meta-data/spot/instance-action', JSON.stringify({ action, time }));
  }

  showRebalance(noticedAtMs: number): void {
    const noticeTime = new Date(noticedAtMs).toISOString();
    this.#metadata.set('meta-data/events/recommendations/rebalance', JSON.stringify({ noticeTime }));
  }

  run(command: HostCommand): RunningHostCommand {
    return { finished: this.#runStep(command), cancel: () => {} };
  }

  async shutDown(): Promise<void> {
    if (this.#state === 'off') return;
    await this.#stop();
  }

  async destroy(): Promise<void> {
    this.#die();
  }

  #countDown(): void {
    const { clock } = this.options;
    const leftMs = this.#touchedAtMs + DEAD_MAN_MS - clock.now();
    clock.schedule(Math.max(1000, leftMs), () => {
      if (this.#state !== 'up') return;
      if (this.#hangs) return void clock.schedule(this.#hangsUntilMs - clock.now() + 1000, () => this.#countDown());
      if (clock.now() - this.#touchedAtMs < DEAD_MAN_MS) return this.#countDown();
      this.options.log('the dead-man timer powers off');
      void this.#powerOff();
    });
  }

  async #powerOff(): Promise<void> {
    await this.#stop();
    this.options.events.poweredOff();
  }

  /** SIGTERM to every unit, then SIGKILL. */
  #stop(): Promise<void> {
    const { clock } = this.options;
    const stopped = new Promise<void>((resolve) => this.#onStopped.push(resolve));
    if (this.#state === 'off') this.#die();
    if (this.#state === 'stopping' || this.#state === 'off') return stopped;
    this.#state = 'stopping';
    if (!this.#hangs) this.#askAgentToStop();
    clock.schedule(this.#stopMs(), () => this.#die());
    return stopped;
  }

  #askAgentToStop(): void {
    const deadlineMs = this.options.clock.now() + STOP_WITHIN_MS;
    this.#agent?.latch.request({ kind: 'interrupted', reason: 'AgentTerminated', deadlineMs, immediate: false });
    this.#agent?.leave.abort();
  }

  /** systemd waits for what does not end by itself. */
  #stopMs(): number {
    const { random, isSlowToStop } = this.options;
    if (isSlowToStop || this.#hangs) return LONGEST_STOP_MS;
    return this.#agent ? random.between(2_000, 60_000) : 1_000;
  }

  #die(): void {
    this.#state = 'off';
    if (this.#agent) this.#agent.isAlive = false;
    this.#agent = undefined;
    for (const training of this.#trainings) training.vanish();
    this.options.files.remove(this.home);
    for (const tell of this.#onStopped.splice(0)) tell();
  }

  async #runStep({ step, script }: HostCommand): Promise<HostCommandResult> {
    const { clock, random } = this.options;
    const durationMs = step === 'installAgent' ? random.between(1_000, 15_000) : random.between(100, 2_000);
    await new Promise<void>((resolve) => clock.schedule(durationMs, resolve));
    if (this.#state !== 'up') return never();
    if (step === 'startAgent') return this.#claim(script);
    return { exitCode: 0, stdout: '', stderr: '', timedOut: false };
  }

  /** As start-agent.sh: a machine serves one attempt, and starting twice starts one agent. */
  #claim(script: string): HostCommandResult {
    const read = (name: string) => new RegExp(`^${name}='([^']*)'`, 'm').exec(script)?.[1] ?? '';
    const attempt = Number(read('attempt'));
    const config = this.#config;
    if (config && (config.sessionId !== read('session_id') || config.attempt !== attempt)) {
      return { exitCode: 1, stdout: '', stderr: 'this machine belongs to another attempt', timedOut: false };
    }
    this.#config ??= {
      sessionId: read('session_id'),
      attempt,
      bucket: read('bucket'),
      region: read('region'),
      home: this.home,
      user: undefined,
      intervals: INTERVALS,
    };
    if (this.#agent === undefined) this.#startAgent();
    return { exitCode: 0, stdout: '', stderr: '', timedOut: false };
  }

  #startAgent(): void {
    const { agent, clock, log } = this.options;
    const config = this.#config;
    if (this.#state !== 'up' || config === undefined) return;
    const leave = new AbortController();
    const incarnation: Incarnation = { isAlive: true, latch: { request: () => {} }, leave };
    const ports = this.#ports(incarnation);
    const latch = new agent.StopLatch(ports.clock, log);
    incarnation.latch = latch;
    this.#agent = incarnation;
    const ended = (how: string) => {
      if (!incarnation.isAlive || this.#state !== 'up') return;
      log(`the agent ended: ${how}`);
      incarnation.isAlive = false;
      this.#agent = undefined;
      clock.schedule(AGENT_RESTART_MS, () => this.#startAgent());
    };
    agent.runAgent(config, ports, latch, leave.signal).then(
      () => ended('it left'),
      (error: unknown) => ended(error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
    );
  }

  /** Resolves when the machine does not hang (any more). */
  async #awake(): Promise<void> {
    while (this.#hangs) await sleep(this.options.clock, this.#hangsUntilMs - this.options.clock.now());
  }

  #ports(incarnation: Incarnation): AgentPorts {
    const { clock, log, userId, clockErrorMs, uploads, ...rest } = this.options;
    const isAlive = () => incarnation.isAlive;
    const awake = () => this.#awake();
    return {
      clock: {
        now: () => clock.now() + clockErrorMs,
        monotonic: () => clock.now(),
        sleep: (durationMs, signal) => sleepUnlessAborted(clock, { durationMs, signal, isAlive, awake }),
      },
      log: (line) => isAlive() && log(line),
      store: new NodeStore({
        ...rest,
        clock,
        instanceId: this.instanceId,
        faults: uploads,
        isAlive,
        awake,
        hasNetwork: () => this.#hasNetwork,
      }),
      metadata: { get: async (path) => this.#metadata.get(path) },
      identify: async () => {
        if (!this.#hasNetwork) throw new Error('STS cannot be reached');
        return userId;
      },
      readSecret: async (reference) => {
        throw new Error(`there is no ${reference}`);
      },
      freeBytes: async () => Number.MAX_SAFE_INTEGER,
      openLogCopy: () => undefined,
      allowMetadata: async () => {},
      ecrPassword: async () => {
        throw new Error('jobs of the simulation have no image');
      },
      runTool: async (program) => {
        throw new Error(`${program} is not on this machine`);
      },
      powerOff: async () => void this.#powerOff(),
    };
  }
}

interface SleepOptions {
  durationMs: number;
  signal: AbortSignal | undefined;
  isAlive: () => boolean;
  awake: () => Promise<void>;
}

function sleepUnlessAborted(clock: Clock, { durationMs, signal, isAlive, awake }: SleepOptions): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const wake = () => {
      timer.cancel();
      signal?.removeEventListener('abort', wake);
      void awake().then(() => isAlive() && resolve());
    };
    const timer = clock.schedule(durationMs, wake);
    signal?.addEventListener('abort', wake, { once: true });
  });
}

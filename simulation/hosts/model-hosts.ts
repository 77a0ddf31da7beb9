/** All machines of a world: boots them, starts training on them, and lets befall them what the profile says. */
import { basename } from 'node:path';
import { CREATED_BY } from '../../core/tags';
import type { Clock } from '../../local/clock';
import type { HostEvents, HostFactory, HostSpec } from '../../local/hosts/host';
import type { CallContext } from '../../local/service';
import type { Api } from '../api';
import { makeGlobals, type Program } from '../bundles/evaluate';
import type { FaultProfile } from '../faults/profile';
import type { Random } from '../random';
import type { Script } from '../scenario';
import { type AgentProgram, ModelHost } from './model-host';
import { ProcessTable } from './process-table';
import { Training } from './training';
import { TrainingGroup } from './training-group';
import { VirtualFiles } from './virtual-files';

export type TrainingChange =
  | { kind: 'begins'; training: Training }
  | { kind: 'saved'; training: Training; step: number }
  | { kind: 'ends'; training: Training; how: string };

export interface ModelHostsOptions {
  clock: Clock;
  random: Random;
  api: Api;
  agentProgram: Program;
  shared: Readonly<Record<string, unknown>>;
  faults: FaultProfile;
  scriptOf: (sessionId: string) => Script;
  /** aws:userid and caller of an instance. */
  identityOf: (spec: HostSpec) => { userId: string; context: () => CallContext };
  onTraining: (change: TrainingChange) => void;
  onLog: (instanceId: string, line: string) => void;
  /** An upload is slow or torn. */
  onTrouble: (instanceId: string, what: string, lastsMs: number) => void;
  /** Something shall befall this instance now. */
  befall: (kind: Fate, instanceId: string) => void;
}

export type Fate = keyof FaultProfile['instances'];

const MINUTE_MS = 60_000;
/** Misfortunes come within this of a machine's start. */
const FATE_WITHIN_MS = 35 * MINUTE_MS;
const SHORTEST_HANG_MS = 2 * MINUTE_MS;
const LONGEST_HANG_MS = 25 * MINUTE_MS;
export const NETWORK_LOST_MS = 20 * MINUTE_MS;
const LONGEST_CLOCK_ERROR_MS = 6 * 60 * MINUTE_MS;

export class ModelHosts implements HostFactory {
  readonly #hosts = new Map<string, ModelHost>();
  readonly #files = new VirtualFiles();
  readonly #processes = new ProcessTable();
  readonly #agent: AgentProgram;
  /** By session and attempt. */
  readonly #groups = new Map<string, TrainingGroup>();

  constructor(private readonly options: ModelHostsOptions) {
    const { agentProgram, shared, clock, random } = options;
    const own: Record<string, unknown> = {
      'node:fs': this.#files.fs,
      'node:fs/promises': this.#files.promises,
      'node:child_process': { spawn: (...call: SpawnCall) => this.#spawn(...call), execFile: () => {} },
      'simulation:process-table': this.#processes.module,
      // Jobs of the simulation have no code: their command is the model.
      'simulation:unpack': { archiveKind: () => undefined },
    };
    const require = (id: string): unknown => own[id] ?? shared[id] ?? builtin(id);
    const isAlive = () => true;
    const globals = makeGlobals({ clock, random, environment: {}, print: () => {}, isAlive });
    this.#agent = agentProgram(require, globals) as unknown as AgentProgram;
    this.#files.onRename((path) => {
      if (basename(path) === 'countdown') this.#hosts.get(path.split('/')[1] ?? '')?.touch();
    });
  }

  get(instanceId: string): ModelHost | undefined {
    return this.#hosts.get(instanceId);
  }

  launch(spec: HostSpec, events: HostEvents): ModelHost {
    const { clock, random, api, faults, identityOf, onLog, onTrouble, scriptOf, befall } = this.options;
    const { instanceId } = spec;
    const isOurs = spec.tags().get('CreatedBy') === CREATED_BY;
    const fate = isOurs ? random.pickWeighted(faults.instances) : undefined;
    const host = new ModelHost({
      ...{ spec, events, clock, api, files: this.#files, agent: this.#agent, uploads: faults.uploads },
      ...identityOf(spec),
      random: random.fork(instanceId),
      uploadMs: (path) => (path.endsWith('.pt') ? scriptOf(spec.tags().get('SessionId') ?? '').uploadMs : 500),
      registers: fate !== 'neverRegisters',
      isSlowToStop: random.chance(faults.slowShutdown),
      clockErrorMs: random.chance(faults.wrongClock) ? random.between(-1, 1) * LONGEST_CLOCK_ERROR_MS : 0,
      log: (line) => onLog(instanceId, line),
      onTrouble: (what, lastsMs) => onTrouble(instanceId, what, lastsMs),
    });
    this.#hosts.set(instanceId, host);
    if (fate !== undefined && fate !== 'neverRegisters') {
      clock.schedule(random.between(0, FATE_WITHIN_MS), () => !host.isOff && befall(fate, instanceId));
    }
    return host;
  }

  hang(instanceId: string): void {
    this.#hosts.get(instanceId)?.hang(this.options.random.between(SHORTEST_HANG_MS, LONGEST_HANG_MS));
  }

  loseNetwork(instanceId: string): void {
    const host = this.#hosts.get(instanceId);
    host?.setNetwork(false);
    for (const { options, hasEnded } of host?.trainings ?? []) if (!hasEnded) options.group.cutOff(NETWORK_LOST_MS);
    this.options.clock.schedule(NETWORK_LOST_MS, () => host?.setNetwork(true));
  }

  async close(): Promise<void> {
    for (const host of this.#hosts.values()) await host.destroy();
  }

  /** As node:child_process: the training command. */
  #spawn(_command: string, args: string[], { stdio }: SpawnCall[2]): object {
    const { clock, scriptOf, onTraining } = this.options;
    const env = variablesIn(args);
    const listeners = new Map<string, (...args: unknown[]) => void>();
    const pid = this.#processes.nextPid();
    const instanceId = env['RUNCTL_TRAINING']?.split(':').at(-1) ?? '';
    const sessionId = env['RUNCTL_SESSION_ID'] ?? '';
    const script = scriptOf(sessionId);
    const group = this.#groupOf(`${sessionId}/${env['RUNCTL_ATTEMPT']}`, script, Number(env['NNODES']));
    const training: Training = new Training({
      ...{ pid, instanceId, sessionId, clock, files: this.#files, script, group },
      marker: `RUNCTL_TRAINING=${env['RUNCTL_TRAINING']}`,
      attempt: Number(env['RUNCTL_ATTEMPT']),
      rank: Number(env['NODE_RANK']),
      checkpointFolder: env['RUNCTL_CHECKPOINT_DIR'] ?? '',
      outputFolder: env['RUNCTL_OUTPUT_DIR'] ?? '',
      logPath: this.#files.pathOf(Number(stdio[1])),
      resumePath: env['RUNCTL_RESUME_FROM'],
      onSaved: (step) => onTraining({ kind: 'saved', training, step }),
      onExit: ({ exitCode, signal }) => {
        this.#processes.remove(training);
        onTraining({ kind: 'ends', training, how: signal ?? `code ${exitCode}` });
        // Never within the call that ends it.
        clock.schedule(1, () => listeners.get('exit')?.(exitCode, signal));
      },
    });
    this.#processes.add(training);
    this.#hosts.get(instanceId)?.addTraining(training);
    onTraining({ kind: 'begins', training });
    group.join(training);
    return { pid, once: (event: string, listener: (...args: unknown[]) => void) => listeners.set(event, listener) };
  }

  #groupOf(key: string, script: Script, size: number): TrainingGroup {
    const { clock, random } = this.options;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = new TrainingGroup({ clock, random: random.fork(key), script, size });
    this.#groups.set(key, group);
    return group;
  }
}

type SpawnCall = [string, string[], { env: Record<string, string | undefined>; stdio: unknown[] }];

const BUILTINS = [
  'node:events',
  'node:path',
  'node:util',
  'node:string_decoder',
  'node:crypto',
  'node:stream/promises',
  'node:zlib',
];

function builtin(id: string): unknown {
  if (!BUILTINS.includes(id)) throw new Error(`The agent in the simulation has no ${id}.`);
  return require(id);
}

/** What `env -i NAME=value …` among the arguments sets. */
function variablesIn(args: readonly string[]): Record<string, string> {
  const first = args.indexOf('-i') + 1;
  const count = args.slice(first).findIndex((word) => !/^\w+=/.test(word));
  return Object.fromEntries(
    args.slice(first, first + count).map((word) => [word.split('=')[0], word.replace(/^\w+=/, '')]),
  );
}

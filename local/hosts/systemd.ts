/**
 * The part of systemd that a host of the local cloud has: services from its own SYSTEMD_UNIT_PATH, driven by
 * `systemctl`. A verb, option or setting that it does not know ends with an error that says so.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Unit } from './unit';
import { parseUnitFile } from './unit-file';
import type { UnitMachine } from './unit-process';

/** What a command line tool prints and ends with. */
export interface CommandAnswer {
  code: number;
  stdout?: string;
  stderr?: string;
}

const OPTIONS = ['--now', '--quiet', '-q', '--no-block', '--no-pager', '--system', '--no-ask-password'];
/** Exit codes of systemctl (systemctl(1), "Exit status"). */
const NOT_ACTIVE = 3;
const NO_SUCH_UNIT = 5;

class NoSuchUnit extends Error {
  constructor(unit: string) {
    super(`Unit ${unit} not found.`);
  }
}

type Verb = (units: string[], options: ReadonlySet<string>) => Promise<CommandAnswer>;

export class Systemd {
  readonly #units = new Map<string, Unit>();
  #isClosing = false;

  constructor(
    readonly machine: UnitMachine,
    readonly unitFolder: string,
    readonly powerOff: () => void,
  ) {}

  readonly #verbs: Record<string, Verb> = {
    'daemon-reload': async () => {
      for (const unit of this.#units.values()) unit.file = this.#read(unit.file.name);
      return { code: 0 };
    },
    enable: async (units, options) => {
      for (const name of units) this.#link(name);
      return options.has('--now') ? this.#start(units, options) : { code: 0 };
    },
    disable: async (units, options) => {
      for (const name of units) this.#unlink(name);
      return options.has('--now') ? this.#stop(units) : { code: 0 };
    },
    start: (units, options) => this.#start(units, options),
    stop: (units) => this.#stop(units),
    restart: async (units, options) => {
      await this.#stop(units);
      return this.#start(units, options);
    },
    'is-active': async (units, options) => {
      const states = units.map((name) => this.#units.get(withType(name))?.state ?? 'inactive');
      const stdout = options.has('--quiet') || options.has('-q') ? '' : `${states.join('\n')}\n`;
      return { code: states.includes('active') ? 0 : NOT_ACTIVE, stdout };
    },
    'is-enabled': async (units) => {
      const answers = units.map((name) => this.#isEnabled(name));
      return {
        code: answers.includes(true) ? 0 : 1,
        stdout: answers.map((yes) => `${yes ? 'en' : 'dis'}abled\n`).join(''),
      };
    },
    'reset-failed': async () => ({ code: 0 }),
    poweroff: async () => {
      this.powerOff();
      return { code: 0 };
    },
  };

  /** Runs `systemctl <words>`. */
  async run(words: readonly string[]): Promise<CommandAnswer> {
    const options = words.filter((word) => word.startsWith('-'));
    const [verb = '', ...units] = words.filter((word) => !word.startsWith('-'));
    const unknown = options.find((option) => !OPTIONS.includes(option));
    const act = this.#verbs[verb];
    if (unknown || !act) {
      return { code: 1, stderr: `systemctl: the local cloud does not support '${unknown ?? verb}'\n` };
    }
    try {
      return await act(units, new Set(options));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.machine.log(`systemctl ${words.join(' ')}: ${message}`);
      return { code: error instanceof NoSuchUnit ? NO_SUCH_UNIT : 1, stderr: `systemctl ${verb}: ${message}\n` };
    }
  }

  /** Stops all units at once, as a shutdown does; nothing can be started afterwards. */
  async stopAll(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#units.values()].map((unit) => unit.stop()));
  }

  /** For a machine that vanishes. */
  abandon(): void {
    this.#isClosing = true;
    for (const unit of this.#units.values()) unit.abandon();
  }

  async #start(units: string[], options: ReadonlySet<string>): Promise<CommandAnswer> {
    if (this.#isClosing) return { code: 1, stderr: 'systemctl: the system is going down\n' };
    const started = Promise.all(units.map((name) => this.#load(name).start()));
    if (!options.has('--no-block')) await started;
    else started.catch((error: unknown) => this.machine.log(String(error)));
    return { code: 0 };
  }

  async #stop(units: string[]): Promise<CommandAnswer> {
    await Promise.all(units.map((name) => this.#load(name).stop()));
    return { code: 0 };
  }

  #load(name: string): Unit {
    const fullName = withType(name);
    const loaded = this.#units.get(fullName);
    if (loaded) return loaded;
    const unit = new Unit(this.#read(fullName), this.machine);
    this.#units.set(fullName, unit);
    return unit;
  }

  #read(fullName: string) {
    const path = join(this.unitFolder, fullName);
    if (!fullName.endsWith('.service')) throw new Error(`${fullName}: the local cloud runs services only`);
    if (!existsSync(path)) throw new NoSuchUnit(fullName);
    if (existsSync(`${path}.d`)) throw new Error(`${fullName}.d: the local cloud does not read drop-ins`);
    return parseUnitFile(fullName, readFileSync(path, 'utf8'));
  }

  #wants(name: string): string[] {
    const fullName = withType(name);
    return this.#read(fullName).wantedBy.map((target) => join(this.unitFolder, `${target}.wants`, fullName));
  }

  #link(name: string): void {
    for (const link of this.#wants(name)) {
      mkdirSync(join(link, '..'), { recursive: true });
      if (!existsSync(link)) symlinkSync(join(this.unitFolder, withType(name)), link);
    }
  }

  #unlink(name: string): void {
    for (const link of this.#wants(name)) rmSync(link, { force: true });
  }

  #isEnabled(name: string): boolean {
    return this.#wants(name).some((link) => existsSync(link));
  }
}

function withType(name: string): string {
  return name.includes('.') ? name : `${name}.service`;
}

/**
 * Reads systemd service units, as far as a host of the local cloud can honour them (systemd.service(5), .exec(5),
 * .kill(5)). Settings that change nothing here are accepted; every other one is refused by name.
 */
import { expandSpecifiers, parseSpanMs, parseWords } from './unit-syntax';

export type Restart = 'no' | 'always' | 'on-success' | 'on-failure' | 'on-abnormal' | 'on-abort';
/** `none` is deprecated in systemd and refused here. */
export type KillMode = 'control-group' | 'mixed' | 'process';

export interface UnitCommand {
  words: readonly string[];
  /** Prefix `-`: a failure is ignored. */
  ignoreFailure: boolean;
}

export interface UnitFile {
  name: string;
  type: 'simple' | 'oneshot';
  startPre: UnitCommand[];
  start: UnitCommand[];
  stopPost: UnitCommand[];
  environment: Record<string, string>;
  environmentFiles: { path: string; optional: boolean }[];
  workingDirectory?: string;
  remainAfterExit: boolean;
  restart: Restart;
  restartMs: number;
  killMode: KillMode;
  killSignal: NodeJS.Signals;
  timeoutStopMs: number;
  startLimit: { intervalMs: number; burst: number };
  successExitCodes: ReadonlySet<number>;
  output: { stdout: string; stderr: string };
  wantedBy: string[];
}

/** A unit that asks for something that the local cloud's systemd does not do. */
export class UnsupportedUnitError extends Error {
  override readonly name = 'UnsupportedUnitError';
}

/** Settings without an effect on a host of the local cloud. */
const HARMLESS = new Set(
  `Unit.Description Unit.Documentation Unit.After Unit.Before Unit.Wants Unit.Requires Unit.DefaultDependencies
  Service.OOMScoreAdjust Service.OOMPolicy Service.Nice Service.IOSchedulingClass
  Service.CPUWeight Service.IOWeight Service.MemoryMin Service.MemoryLow Service.LimitNOFILE Service.LimitMEMLOCK
  Service.LimitCORE Service.LimitSTACK Service.LimitNPROC Service.TasksMax Service.Delegate Service.SyslogIdentifier
  Service.TimeoutStartSec Service.UMask Service.StandardInput`.split(/\s+/),
);

function oneOf<T extends string>(values: readonly T[], value: string, setting: string): T {
  const found = values.find((candidate) => candidate === value);
  if (!found) throw new UnsupportedUnitError(`${setting}=${value} (supported: ${values.join(', ')})`);
  return found;
}

const toBoolean = (value: string) => ['1', 'yes', 'true', 'on'].includes(value.toLowerCase());

function toCommand(value: string, name: string): UnitCommand {
  const prefix = /^[-@:+!|]*/.exec(value)?.[0] ?? '';
  if (/[@:|]/.test(prefix)) throw new UnsupportedUnitError(`the command prefix ${prefix}`);
  const words = parseWords(value.slice(prefix.length)).map((word) => expandSpecifiers(word, name));
  return { words, ignoreFailure: prefix.includes('-') };
}

/** An empty value clears the list, as in systemd. */
function append<T>(list: T[], value: string, make: (value: string) => T): void {
  if (value === '') list.length = 0;
  else list.push(make(value));
}

type Setter = (unit: UnitFile, value: string) => void;

const SETTERS: Record<string, Setter> = {
  'Unit.StartLimitIntervalSec': (unit, value) => {
    unit.startLimit.intervalMs = parseSpanMs(value);
  },
  'Unit.StartLimitBurst': (unit, value) => {
    unit.startLimit.burst = Number(value);
  },
  'Service.Type': (unit, value) => {
    unit.type = value === 'exec' ? 'simple' : oneOf(['simple', 'oneshot'], value, 'Type');
  },
  'Service.ExecStartPre': (unit, value) => append(unit.startPre, value, (text) => toCommand(text, unit.name)),
  'Service.ExecStart': (unit, value) => append(unit.start, value, (text) => toCommand(text, unit.name)),
  'Service.ExecStopPost': (unit, value) => append(unit.stopPost, value, (text) => toCommand(text, unit.name)),
  'Service.Environment': (unit, value) => {
    if (value === '') unit.environment = {};
    for (const assignment of parseWords(value)) {
      const at = assignment.indexOf('=');
      if (at < 1) throw new UnsupportedUnitError(`Environment=${assignment}`);
      unit.environment[assignment.slice(0, at)] = expandSpecifiers(assignment.slice(at + 1), unit.name);
    }
  },
  'Service.EnvironmentFile': (unit, value) =>
    append(unit.environmentFiles, value, (text) => ({ path: text.replace(/^-/, ''), optional: text.startsWith('-') })),
  'Service.WorkingDirectory': (unit, value) => {
    unit.workingDirectory = value;
  },
  'Service.RemainAfterExit': (unit, value) => {
    unit.remainAfterExit = toBoolean(value);
  },
  'Service.Restart': (unit, value) => {
    unit.restart = oneOf(['no', 'always', 'on-success', 'on-failure', 'on-abnormal', 'on-abort'], value, 'Restart');
  },
  'Service.RestartSec': (unit, value) => {
    unit.restartMs = parseSpanMs(value);
  },
  'Service.KillMode': (unit, value) => {
    unit.killMode = oneOf(['control-group', 'mixed', 'process'], value, 'KillMode');
  },
  'Service.KillSignal': (unit, value) => {
    unit.killSignal = oneOf(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGKILL', 'SIGUSR1'], value, 'KillSignal');
  },
  'Service.TimeoutStopSec': (unit, value) => {
    unit.timeoutStopMs = parseSpanMs(value);
  },
  'Service.TimeoutSec': (unit, value) => {
    unit.timeoutStopMs = parseSpanMs(value);
  },
  'Service.SuccessExitStatus': (unit, value) => {
    unit.successExitCodes = new Set([...unit.successExitCodes, ...value.split(/\s+/).map(Number)]);
  },
  'Service.StandardOutput': (unit, value) => {
    unit.output.stdout = value;
  },
  'Service.StandardError': (unit, value) => {
    unit.output.stderr = value;
  },
  // The host's processes run as whoever runs the local cloud, who is the host's root.
  'Service.User': (_, value) => void oneOf(['root'], value, 'User'),
  'Service.Group': (_, value) => void oneOf(['root'], value, 'Group'),
  'Service.SendSIGKILL': (_, value) => void oneOf(['yes', 'true'], value, 'SendSIGKILL'),
  'Install.WantedBy': (unit, value) => {
    unit.wantedBy.push(...value.split(/\s+/));
  },
};

/** systemd's own defaults (systemd-system.conf(5)). */
function defaults(name: string): UnitFile {
  return {
    name,
    type: 'simple',
    startPre: [],
    start: [],
    stopPost: [],
    environment: {},
    environmentFiles: [],
    remainAfterExit: false,
    restart: 'no',
    restartMs: 100,
    killMode: 'control-group',
    killSignal: 'SIGTERM',
    timeoutStopMs: 90_000,
    startLimit: { intervalMs: 10_000, burst: 5 },
    successExitCodes: new Set([0]),
    output: { stdout: 'journal', stderr: 'inherit' },
    wantedBy: [],
  };
}

/**
 * Parses a service unit.
 * @throws UnsupportedUnitError when it uses a setting or value that is not supported
 */
export function parseUnitFile(name: string, text: string): UnitFile {
  const unit = defaults(name);
  let section = '';
  for (const rawLine of text.replace(/\\\n/g, ' ').split('\n')) {
    const line = rawLine.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const header = /^\[(.+)\]$/.exec(line);
    if (header) {
      section = header[1] ?? '';
      continue;
    }
    const at = line.indexOf('=');
    const setting = `${section}.${line.slice(0, at).trim()}`;
    const set = SETTERS[setting];
    if (at > 0 && set) set(unit, line.slice(at + 1).trim());
    else if (!HARMLESS.has(setting)) throw new UnsupportedUnitError(`${line} in [${section}] of ${name}`);
  }
  if (unit.start.length === 0) throw new UnsupportedUnitError(`${name} without ExecStart`);
  return unit;
}

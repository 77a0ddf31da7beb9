/** How a unit's processes are started: environment, working directory, where their output goes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../clock';
import { type UnitCommand, type UnitFile, UnsupportedUnitError } from './unit-file';
import { expandVariables, parseEnvironmentFile } from './unit-syntax';

/** The machine that a unit runs on. */
export interface UnitMachine {
  hostId: string;
  clock: Clock;
  environment: NodeJS.ProcessEnv;
  /** Root folder of the host: the working directory where a unit names none. */
  folder: string;
  journalFolder: string;
  log: (message: string) => void;
}

/** In the environment of all of a unit's processes: its control group. */
export function unitMarker(unit: UnitFile, machine: UnitMachine): { name: string; value: string } {
  return { name: 'RUNCTL_HOST_UNIT', value: `${machine.hostId}/${unit.name}` };
}

/**
 * Starts a command of a unit, in a session of its own.
 * @throws UnsupportedUnitError for a kind of output that is not supported
 */
export function spawnUnitProcess(command: UnitCommand, unit: UnitFile, machine: UnitMachine): ChildProcess {
  const environment = environmentOf(unit, machine);
  const [program = '', ...parameters] = expandVariables(command.words, environment);
  const stdout = openOutput(unit.output.stdout, unit, machine);
  const stderr = unit.output.stderr === 'inherit' ? stdout : openOutput(unit.output.stderr, unit, machine);
  try {
    return spawn(program, parameters, {
      cwd: workingDirectory(unit, machine),
      env: environment,
      detached: true,
      stdio: ['ignore', stdout, stderr],
    });
  } finally {
    for (const descriptor of new Set([stdout, stderr])) if (typeof descriptor === 'number') closeSync(descriptor);
  }
}

function environmentOf(unit: UnitFile, machine: UnitMachine): NodeJS.ProcessEnv {
  const fromFiles = unit.environmentFiles
    .filter(({ path, optional }) => !optional || existsSync(path))
    .map(({ path }) => parseEnvironmentFile(readFileSync(path, 'utf8')));
  const marker = unitMarker(unit, machine);
  return Object.assign({}, machine.environment, unit.environment, ...fromFiles, { [marker.name]: marker.value });
}

function workingDirectory(unit: UnitFile, machine: UnitMachine): string {
  const configured = unit.workingDirectory;
  if (configured === undefined) return machine.folder;
  const path = configured.replace(/^-/, '').replace(/^~$/, machine.environment['HOME'] ?? '');
  return configured.startsWith('-') && !existsSync(path) ? machine.folder : path;
}

function openOutput(target: string, unit: UnitFile, machine: UnitMachine): number | 'ignore' {
  if (target === 'null') return 'ignore';
  const match = /^(append|truncate|file):(.+)$/.exec(target);
  if (!match && !['journal', 'inherit', 'journal+console'].includes(target)) {
    throw new UnsupportedUnitError(`output to ${target}`);
  }
  const path = match?.[2] ?? join(machine.journalFolder, `${unit.name}.log`);
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, match?.[1] === 'truncate' ? 'w' : 'a');
}

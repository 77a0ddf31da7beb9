/**
 * Runs one step of an SSM command as the SSM agent does (amazon-ssm-agent, executers): a process group of its own,
 * SIGKILL to the group on time-out and cancel, and no end before every holder of its output has closed it.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../clock';
import type { HostCommand, HostCommandResult, RunningHostCommand } from './host';

/** What GetCommandInvocation can return at most; the agent keeps no more for it. */
const MOST_STDOUT_CHARACTERS = 24_000;
const MOST_STDERR_CHARACTERS = 8_000;

export interface CommandMachine {
  folder: string;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  /** True once the machine stops or has vanished: then nobody is left to report a result. */
  isGone: () => boolean;
}

function capture(stream: Readable, mostCharacters: number): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length < mostCharacters) text = (text + chunk).slice(0, mostCharacters);
  });
  return () => text;
}

/** Starts the step's script. */
export function runCommand(command: HostCommand, machine: CommandMachine): RunningHostCommand {
  const folder = join(machine.folder, 'var/lib/amazon/ssm/orchestration', command.commandId, command.step);
  mkdirSync(folder, { recursive: true });
  const scriptPath = join(folder, '_script.sh');
  writeFileSync(scriptPath, command.script, { mode: 0o700 });
  const child = spawn('sh', [scriptPath], {
    cwd: command.workingDirectory ?? folder,
    env: { ...machine.environment, SSM_COMMAND_ID: command.commandId },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = capture(child.stdout, MOST_STDOUT_CHARACTERS);
  const stderr = capture(child.stderr, MOST_STDERR_CHARACTERS);
  const killGroup = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // ESRCH: the group has ended.
    }
  };
  let timedOut = false;
  const timer = machine.clock.schedule(command.timeoutSeconds * 1000, () => {
    timedOut = true;
    killGroup();
  });
  const finished = new Promise<HostCommandResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      timer.cancel();
      if (machine.isGone()) return;
      const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
      resolve({ exitCode, stdout: stdout(), stderr: stderr(), timedOut });
    });
  });
  return { finished, cancel: killGroup };
}

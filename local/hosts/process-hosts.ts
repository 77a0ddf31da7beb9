/**
 * Makes process hosts (process-host.ts). A watchdog process holds a pipe to this one: however this process ends, also
 * by SIGKILL, the watchdog then kills every host. Hosts that survived even that are killed when the next factory on the
 * same folder starts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { clockSpeed } from '../clock-environment';
import type { HostFactory } from './host';
import { ProcessHost, type ProcessHostOptions } from './process-host';
import { killProcesses } from './process-table';

/** Compiles the programs that run outside this process to plain JavaScript, so that they need nothing but Node. */
function buildPrograms(folder: string): void {
  buildSync({
    entryPoints: [join(__dirname, 'shim-client.ts'), join(__dirname, 'watchdog.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    outdir: folder,
    logLevel: 'warning',
  });
}

export function createProcessHosts(options: ProcessHostOptions): HostFactory {
  const root = resolve(options.dataDir, 'hosts');
  const programs = join(root, '.programs');
  mkdirSync(programs, { recursive: true });
  buildPrograms(programs);
  const everyHost = { marker: `RUNCTL_HOST_ROOT=${root}` };
  const swept = killProcesses(everyHost);
  const watchdog = startWatchdog(join(programs, 'watchdog.js'), root);
  const hosts = new Set<ProcessHost>();
  const tools = {
    root,
    shimClientPath: join(programs, 'shim-client.js'),
    clockSpeed: clockSpeed(options.clock),
    swept,
  };
  return {
    launch(spec, events) {
      const host = new ProcessHost(spec, events, options, tools);
      hosts.add(host);
      return host;
    },
    async close() {
      await Promise.all([...hosts].map((host) => host.destroy()));
      await killProcesses(everyHost);
      watchdog.stdin?.end();
    },
  };
}

/** Detached, so that Ctrl-C in the terminal does not reach it; it ends when its standard input does. */
function startWatchdog(program: string, root: string): ChildProcess {
  const watchdog = spawn(process.execPath, [program, root], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  return watchdog;
}

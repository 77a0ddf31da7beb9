/**
 * The commands that a host answers itself, as small sh scripts in a folder that comes first in its PATH.
 */
import { accessSync, chmodSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface ShimOptions {
  folder: string;
  /** shim-client.ts as plain JavaScript. */
  clientPath: string;
  /** URL of the host's control server. */
  control: string;
  /** How much faster than real time the host's clock runs. */
  clockSpeed: number;
  /** The PATH behind the shims. */
  path: string;
}

/** Commands handed to the host's control server, which refuses those that it does not support. */
const HOST_COMMANDS = ['systemctl', 'shutdown', 'poweroff', 'reboot', 'halt', 'systemd-run'];

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function findProgram(name: string, path: string): string {
  for (const folder of path.split(delimiter)) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not here.
    }
  }
  throw new Error(`no ${name} in ${path}`);
}

/** `sleep` that lasts as long as the host's clock says. */
function sleepScript(options: ShimOptions): string {
  return `#!/bin/sh
real=$(awk -v speed=${options.clockSpeed} 'BEGIN {
  scale["s"] = 1; scale["m"] = 60; scale["h"] = 3600; scale["d"] = 86400
  for (i = 1; i < ARGC; i++) {
    unit = substr(ARGV[i], length(ARGV[i]))
    total += ARGV[i] * (unit in scale ? scale[unit] : 1)
  }
  printf "%.4f", total / speed
}' "$@") || exit 1
exec ${quote(findProgram('sleep', options.path))} "$real"
`;
}

/** Writes the shims. */
export function writeShims(options: ShimOptions): void {
  mkdirSync(options.folder, { recursive: true });
  const write = (name: string, script: string) => {
    const path = join(options.folder, name);
    writeFileSync(path, script);
    chmodSync(path, 0o755);
  };
  for (const name of HOST_COMMANDS) {
    const words = [process.execPath, options.clientPath, options.control, name].map(quote).join(' ');
    write(name, `#!/bin/sh\nexec ${words} "$@"\n`);
  }
  if (options.clockSpeed !== 1) write('sleep', sleepScript(options));
}

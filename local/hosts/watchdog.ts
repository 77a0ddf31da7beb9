/**
 * A process of its own that outlives the local cloud just long enough to kill its hosts: waits until the pipe from the
 * cloud closes, then kills every process of the hosts in the folder given.
 */
import { killProcesses } from './process-table';

const [root = ''] = process.argv.slice(2);

process.stdin.resume();
process.stdin.on('end', () => {
  killProcesses({ marker: `RUNCTL_HOST_ROOT=${root}` }).then(
    () => process.exit(0),
    () => process.exit(1),
  );
});

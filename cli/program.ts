/** The command tree. What a command needs beyond its options is loaded when it runs: `--help` loads no SDK. */
import { Command } from 'commander';
import { checkpointsCommand } from './commands/checkpoints';
import { downloadCommand } from './commands/download';
import { localCommand } from './commands/local';
import { logsCommand } from './commands/logs';
import { lsCommand } from './commands/ls';
import { resumeCommand } from './commands/resume';
import { showCommand } from './commands/show';
import { stopCommand } from './commands/stop';
import { submitCommand } from './commands/submit';
import { watchCommand } from './commands/watch';
import type { CliContext } from './context';
import type { ExitCode } from './exit-codes';

export function createProgram(context: CliContext, exit: (code: ExitCode) => void): Command {
  const program = new Command('runctl')
    .description('Trains ML models on EC2 spot without losing training to interruptions.')
    .showHelpAfterError('(runctl <command> --help says what it takes)');
  for (const command of [
    submitCommand(context, exit),
    lsCommand(context),
    showCommand(context),
    watchCommand(context, exit),
    logsCommand(context),
    stopCommand(context, exit),
    resumeCommand(context, exit),
    checkpointsCommand(context),
    downloadCommand(context, exit),
    localCommand(context),
  ]) {
    program.addCommand(command);
  }
  return program;
}

/** The command tree. What a command needs beyond its options is loaded when it runs: `--help` loads no SDK. */
import { Command } from 'commander';
import { version } from '../package.json';
import { checkpointsCommand } from './commands/checkpoints';
import { costsCommand } from './commands/costs';
import { doctorCommand } from './commands/doctor';
import { downloadCommand } from './commands/download';
import { drillCommand } from './commands/drill';
import { initCommand } from './commands/init';
import { localCommand } from './commands/local';
import { logsCommand } from './commands/logs';
import { lsCommand } from './commands/ls';
import { planCommand } from './commands/plan';
import { resumeCommand } from './commands/resume';
import { showCommand } from './commands/show';
import { stopCommand } from './commands/stop';
import { submitCommand } from './commands/submit';
import { uiCommand } from './commands/ui';
import { watchCommand } from './commands/watch';
import { zombiesCommand } from './commands/zombies';
import { withCompletion } from './completion';
import type { CliContext } from './context';
import type { ExitCode } from './exit-codes';

export function createProgram(context: CliContext, exit: (code: ExitCode) => void): Command {
  const program = new Command('runctl')
    .description('Trains ML models on EC2 spot without losing training to interruptions.')
    .version(version, '-V, --version', 'which runctl this is')
    .showHelpAfterError('(runctl <command> --help says what it takes)');
  for (const command of [
    initCommand(context),
    planCommand(context),
    submitCommand(context, exit),
    lsCommand(context),
    showCommand(context),
    watchCommand(context, exit),
    logsCommand(context),
    stopCommand(context, exit),
    resumeCommand(context, exit),
    checkpointsCommand(context),
    downloadCommand(context, exit),
    costsCommand(context),
    zombiesCommand(context),
    uiCommand(context),
    doctorCommand(context, exit),
    drillCommand(context, exit),
    localCommand(context),
  ]) {
    program.addCommand(command);
  }
  withCompletion(program, context);
  return program;
}

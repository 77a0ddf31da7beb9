import { Command } from 'commander';
import type { CliContext } from '../context';
import type { ExitCode } from '../exit-codes';
import { type CloudOptions, type JsonOption, withCloud, withJson } from '../options';

export function doctorCommand(context: CliContext, exit: (code: ExitCode) => void): Command {
  return withJson(withCloud(new Command('doctor')))
    .description(
      'check credentials, stack, permissions, subscription, quotas and the control plane, and say how to mend each',
    )
    .action(async (options: CloudOptions & JsonOption) => {
      const { runDoctor } = await import('../doctor/run-doctor');
      exit(await runDoctor(context, options));
    });
}

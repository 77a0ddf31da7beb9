import { Command, Option } from 'commander';
import type { CliContext } from '../context';
import { collect, parsePositive, withCloud, withJson } from '../options';
import type { PlanOptions } from '../plan-job';

export function planCommand(context: CliContext): Command {
  return withJson(withCloud(new Command('plan')))
    .description(
      'check a job against the account: pools and prices, quotas, access, forecast of time and cost; launches nothing',
    )
    .argument('<job.json>', 'the job; comments are allowed')
    .option('--set <key=value>', 'change the job, e.g. limits.maxUsd=10; may be repeated', collect, [])
    .addOption(
      new Option('--hours <hours>', 'of training, for the forecast; without it, as the last run took').argParser(
        parsePositive,
      ),
    )
    .action(async (file: string, options: PlanOptions) => {
      const { openCloud } = await import('../cloud/open-cloud');
      const { planJob } = await import('../plan-job');
      await planJob(context, await openCloud(context, options), file, options);
    });
}

import { Command } from 'commander';
import type { CliContext } from '../context';
import { withCloud, withJson } from '../options';
import type { ZombieOptions } from '../show-zombies';

export function zombiesCommand(context: CliContext): Command {
  return withJson(withCloud(new Command('zombies')))
    .description('instances and volumes on the bill that no session accounts for, as the reaper sees them')
    .option('--reap', 'end them now, instead of leaving them to the reaper; asks first')
    .option('--yes', 'do not ask')
    .action(async (options: ZombieOptions) => {
      const { openCloud } = await import('../cloud/open-cloud');
      const { showZombies } = await import('../show-zombies');
      await showZombies(context, await openCloud(context, options), options);
    });
}

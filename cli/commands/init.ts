import { Command, Option } from 'commander';
import type { CliContext } from '../context';
import type { InitOptions } from '../init-job';
import { parsePositive } from '../options';

export function initCommand(context: CliContext): Command {
  return new Command('init')
    .description('write a first job.json with comments, and its schema for editors; asks for what no option says')
    .argument('[job.json]', 'file to write', 'job.json')
    .option('--name <name>', 'name of the job; without it, of the folder')
    .option('--command <command>', 'what trains, e.g. "python3 train.py"')
    .option('--code <place>', 'folder, archive, or s3:// address; without it the folder of the job')
    .option('--data <place>', 'file, folder, or s3:// address')
    .option('--instance-types <types>', 'separated by commas, e.g. g5.xlarge,g4dn.xlarge')
    .addOption(new Option('--max-hours <hours>', 'limits.maxHours').argParser(parsePositive))
    .addOption(new Option('--max-usd <dollars>', 'limits.maxUsd').argParser(parsePositive))
    .option('--pattern <glob>', 'name of a checkpoint, e.g. "*.pt"')
    .option('--resume-arg <text>', 'added to the command when resuming, e.g. "--resume {path}"')
    .option('--plain', 'without comments: the AWS CLI takes it as it is')
    .option('--force', 'write over what is there')
    .action(async (file: string, options: InitOptions) => {
      const { initJob } = await import('../init-job');
      await initJob(context, file, options);
    });
}

import { Command, Option } from 'commander';
import type { CliContext } from '../context';
import type { DisturbOptions } from '../local/disturb';
import type { UpOptions } from '../local/serve';
import { parsePort, parsePositive } from '../options';

export function localCommand(context: CliContext): Command {
  return new Command('local')
    .description('the local cloud: the deployed stack on this machine, behind the wire protocols of AWS')
    .addCommand(upCommand(context))
    .addCommand(interruptCommand(context))
    .addCommand(killCommand(context))
    .addCommand(rebalanceCommand(context))
    .addCommand(resetCommand(context));
}

function upCommand(context: CliContext): Command {
  return new Command('up')
    .description('serve the stack until Ctrl-C; synthesizes it first when cdk.out is missing or out of date')
    .addOption(portOption('port on 127.0.0.1; 0 takes any free one (default: 4566)'))
    .addOption(dataDirOption())
    .addOption(new Option('--speed <factor>', "the cloud's seconds in a real one").argParser(parsePositive).default(1))
    .option('--no-ui', 'without the web page')
    .option('--assembly <folder>', "what cdk synth wrote (default: the project's cdk.out)")
    .action(async (options: UpOptions) => {
      const { serveLocalCloud } = await import('../local/serve');
      await serveLocalCloud(context, options);
    });
}

function interruptCommand(context: CliContext): Command {
  return new Command('interrupt')
    .description('send the two-minute spot interruption notice; the instance is terminated after it')
    .argument('<instance>', 'instance id, or the id of a session that runs on one')
    .addOption(portOption("the local cloud's port (default: as .runctl/local.json says)"))
    .action(async (target: string, options: DisturbOptions) => {
      const { disturb } = await import('../local/disturb');
      await disturb(context, 'interrupt', target, options);
    });
}

function killCommand(context: CliContext): Command {
  return new Command('kill')
    .description('take the host away at once, without a notice')
    .argument('<instance>', 'instance id, or the id of a session that runs on one')
    .addOption(portOption("the local cloud's port (default: as .runctl/local.json says)"))
    .option('--silent', 'EC2 goes on saying that it runs; only its status checks turn impaired')
    .action(async (target: string, options: DisturbOptions) => {
      const { disturb } = await import('../local/disturb');
      await disturb(context, 'kill', target, options);
    });
}

function rebalanceCommand(context: CliContext): Command {
  return new Command('rebalance')
    .description('recommend to leave the instance, as EC2 does when an interruption becomes more likely')
    .argument('<instance>', 'instance id, or the id of a session that runs on one')
    .addOption(portOption("the local cloud's port (default: as .runctl/local.json says)"))
    .action(async (target: string, options: DisturbOptions) => {
      const { disturb } = await import('../local/disturb');
      await disturb(context, 'rebalance', target, options);
    });
}

function resetCommand(context: CliContext): Command {
  return new Command('reset')
    .description('delete everything that the local cloud keeps: bucket, table, hosts')
    .addOption(dataDirOption())
    .option('--yes', 'do not ask')
    .action(async (options: { dataDir: string; yes?: true }) => {
      const { resetLocalCloud } = await import('../local/reset');
      await resetLocalCloud(context, options);
    });
}

function dataDirOption(): Option {
  return new Option('--data-dir <folder>', 'where bucket, table and hosts live, and local.json is written').default(
    '.runctl',
  );
}

function portOption(description: string): Option {
  return new Option('--port <port>', description).argParser(parsePort);
}

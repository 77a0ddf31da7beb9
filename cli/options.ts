/** Options that many commands share. */
import { type Command, InvalidArgumentError, Option } from 'commander';

export interface CloudOptions {
  stack: string;
  region?: string;
  profile?: string;
  local?: true;
}

export interface JsonOption {
  json?: true;
}

export const DEFAULT_STACK = 'Runctl';

/** Where the stack is: AWS by the user's own credentials, or the local cloud. */
export function withCloud(command: Command): Command {
  return command
    .addOption(
      new Option('--stack <name>', 'name of the CloudFormation stack').env('RUNCTL_STACK').default(DEFAULT_STACK),
    )
    .option('--region <region>', 'AWS region; without it, as the AWS CLI finds it')
    .option('--profile <name>', 'profile of the AWS configuration')
    .option('--local', 'the local cloud that `runctl local up` has written into .runctl/local.json');
}

export function withJson(command: Command): Command {
  return command.option('--json', 'JSON instead of text (docs/cli.md)');
}

export function parsePositive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0)) throw new InvalidArgumentError('A number above 0 is expected.');
  return value;
}

export function parseCount(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('A whole number from 1 is expected.');
  return Number(text);
}

export function parseRank(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A rank is a whole number from 0.');
  return Number(text);
}

export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

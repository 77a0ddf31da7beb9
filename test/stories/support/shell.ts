/** Commands of mails and reports, as somebody pastes them into a shell. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findAwsCli } from '../../readme/aws-cli';

const run = promisify(execFile);

/** Runs lines of shell in the folder, with the AWS CLI speaking to `endpoint`; returns what they printed. */
export async function shell(
  lines: readonly string[],
  { endpoint, cwd }: { endpoint: string; cwd: string },
): Promise<string> {
  const script = ['set -eu', 'aws() { command "$AWS_CLI" --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }', ...lines];
  const env = {
    PATH: process.env['PATH'],
    AWS_CLI: findAwsCli() ?? 'aws',
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'story',
    AWS_SECRET_ACCESS_KEY: 'story',
    AWS_PAGER: '',
  };
  const { stdout } = await run('bash', ['-c', script.join('\n')], { cwd, env });
  return stdout;
}

/** The commands of the AWS CLI in a text, from the first that has the words on. */
export function awsCommandsIn(text: string): string[] {
  return [...text.matchAll(/^.*?\b(aws [a-z0-9]+ [a-z-]+ .*)$/gm)].map(([, command = '']) => command);
}

/** The AWS CLI, version 2, on this machine: the README's commands are written for it. */
import { execFileSync } from 'node:child_process';

const CANDIDATES = ['aws', '/usr/local/bin/aws', '/usr/bin/aws'];

/** A command or path; undefined when there is none. */
export function findAwsCli(): string | undefined {
  return CANDIDATES.find((candidate) => {
    try {
      return execFileSync(candidate, ['--version'], { encoding: 'utf8' }).startsWith('aws-cli/2');
    } catch {
      return false;
    }
  });
}

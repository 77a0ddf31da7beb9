/**
 * The SSM document that starts the agent. Its parameters are ids, checksums and addresses, never text of a user's, and
 * each must match its pattern before SSM puts it into a script: none lets a quote, `$`, backquote or line break through.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from './project-root';

const SHA256 = '^[0-9a-f]{64}$';
const ADDRESS = '^https?://[A-Za-z0-9._~:/?&=%+-]+$';

interface Parameter {
  description: string;
  allowedPattern: string;
}

/** As aws/ssm-run-command.ts sends them. */
export const START_PARAMETERS: Readonly<Record<string, Parameter>> = {
  sessionId: { description: 'Session', allowedPattern: '^[A-Za-z0-9_-]{1,64}$' },
  attempt: { description: 'Attempt, from 1', allowedPattern: '^[1-9][0-9]{0,5}$' },
  bucket: { description: 'The stack’s bucket', allowedPattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$' },
  region: { description: 'Region of the bucket', allowedPattern: '^[a-z0-9-]{1,32}$' },
  agentUrl: { description: 'Where the agent is, for an hour', allowedPattern: ADDRESS },
  agentSha256: { description: 'SHA-256 of the agent, in hex', allowedPattern: SHA256 },
  nodeUrl: { description: 'Where Node.js is, for an hour', allowedPattern: ADDRESS },
  nodeSha256: { description: 'SHA-256 of Node.js, in hex', allowedPattern: SHA256 },
};

/** The agent does not stay in the command: a step is done within minutes. */
const STEPS = [
  { name: 'installAgent', script: 'install-agent.sh', timeoutSeconds: 600 },
  { name: 'startAgent', script: 'start-agent.sh', timeoutSeconds: 60 },
] as const;

const LOG_GROUP_PATTERN = '^[A-Za-z0-9_/.#-]{1,512}$';

/** Content of the document; `logGroupName` is the default of its parameter logGroup, set by no caller. */
export function startDocument(logGroupName: string): object {
  const parameters = Object.entries(START_PARAMETERS).map(([name, parameter]) => [
    name,
    { type: 'String', ...parameter },
  ]);
  return {
    schemaVersion: '2.2',
    description: 'Starts the runctl agent, which trains detached from this command.',
    parameters: {
      ...Object.fromEntries(parameters),
      logGroup: {
        type: 'String',
        description: 'CloudWatch log group of training logs',
        default: logGroupName,
        allowedPattern: LOG_GROUP_PATTERN,
      },
    },
    mainSteps: STEPS.map(({ name, script, timeoutSeconds }) => ({
      action: 'aws:runShellScript',
      name,
      ...(name === 'installAgent' ? { onFailure: 'exit' } : {}),
      inputs: { timeoutSeconds: String(timeoutSeconds), runCommand: readScript(script).split('\n') },
    })),
  };
}

function readScript(name: string): string {
  return readFileSync(join(PROJECT_ROOT, 'agent', 'bootstrap', name), 'utf8').trimEnd();
}

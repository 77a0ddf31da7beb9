/** Where a session is in the AWS console. */
import type { Cloud } from './open-cloud';

export interface ConsoleLinks {
  execution: string;
  logs: string;
}

const DOMAINS: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** null: the local cloud has no console. */
export function consoleLinks({ isLocal, stack, sessions }: Cloud, sessionId: string): ConsoleLinks | null {
  const domain = DOMAINS[stack.partition];
  if (isLocal || domain === undefined) return null;
  const { region, logGroup } = stack;
  const base = `https://${region}.${domain}`;
  return {
    execution: `${base}/states/home?region=${region}#/v2/executions/details/${sessions.executionArn(sessionId)}`,
    logs: `${base}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${twice(logGroup)}$3FlogStreamNameFilter$3D${twice(`${sessionId}/`)}`,
  };
}

/** The CloudWatch console reads its fragment as percent encoding, twice, with `$` for `%`. */
function twice(text: string): string {
  return encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');
}

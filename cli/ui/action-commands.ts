/** What each button does, as it would be typed. */
import { stopEntry } from '../../core/stop-event';
import type { ActionCommands, ActionName, SessionDetails } from '../../core/view/page-api';
import { currentView, type SessionView } from '../../core/view/session-view';
import type { Cloud } from '../cloud/open-cloud';
import { shellWord } from '../terminal/format';

/** Those that apply to the session as it is. */
export function actionCommands(
  cloud: Pick<Cloud, 'command' | 'isLocal' | 'client' | 'stack'>,
  view: SessionView,
): SessionDetails['actions'] {
  const { command, isLocal } = cloud;
  const { sessionId, isOver, state, outcome } = view;
  const aws = awsCli(cloud);
  const stop = (detail: object) => aws('events', 'put-events', '--entries', JSON.stringify([stopEntry(detail)]));
  const isRunning = currentView(view)?.nodes.some(({ endedAt }) => endedAt === null) ?? false;
  const isPlanned = !isOver && state !== 'planning';
  const all: [ActionName, boolean, { runctl: string; aws?: string }][] = [
    ['stop', isPlanned, { runctl: command('stop', sessionId), aws: stop({ sessionId }) }],
    ['stopNow', isPlanned, { runctl: command('stop', sessionId, '--now'), aws: stop({ sessionId, now: true }) }],
    ['interrupt', isLocal && isPlanned && isRunning, { runctl: `runctl local interrupt ${sessionId}` }],
    ['resume', outcome?.resumable ?? false, { runctl: command('resume', sessionId) }],
    ['download', isOver && state !== 'refused', downloading(view, command, aws)],
  ];
  return Object.fromEntries(all.filter(([, applies]) => applies).map(([name, , commands]) => [name, commands]));
}

/** The AWS CLI, led to the same cloud. */
function awsCli({ client, stack }: Pick<Cloud, 'client' | 'stack'>): (...words: string[]) => string {
  const endpoint = client.endpoint === undefined ? [] : ['--endpoint-url', client.endpoint];
  return (...words) => ['aws', ...endpoint, ...words, '--region', stack.region].map(shellWord).join(' ');
}

export function submitCommands(cloud: Pick<Cloud, 'command' | 'client' | 'stack'>): ActionCommands {
  const { stateMachineArn } = cloud.stack;
  const words = [
    'stepfunctions',
    'start-execution',
    '--state-machine-arn',
    stateMachineArn,
    '--input',
    'file://job.json',
  ];
  return { runctl: cloud.command('submit', 'job.json'), aws: awsCli(cloud)(...words) };
}

function downloading(
  { sessionId, resultsUri }: SessionView,
  command: Cloud['command'],
  aws: (...words: string[]) => string,
): { runctl: string; aws?: string } {
  const runctl = command('download', sessionId);
  if (resultsUri === null) return { runctl };
  return { runctl, aws: aws('s3', 'cp', '--recursive', resultsUri, `results/${sessionId}/`) };
}

import { actionCommands } from '../../../cli/ui/action-commands';
import { iso } from '../../../core/time';
import { sessionView } from '../../../core/view/session-view';
import { aNode, anAttempt, aSession, NOW } from '../../support/sessions';

const words = (...all: string[]) => ['runctl', ...all, '--local'].join(' ');
const local = {
  command: words,
  isLocal: true,
  client: { endpoint: 'http://127.0.0.1:4566' },
  stack: { region: 'us-east-1' },
} as unknown as Parameters<typeof actionCommands>[0];
const onAws = { ...local, isLocal: false, client: {} };

const view = (session: Parameters<typeof aSession>[0] = {}) =>
  sessionView({ sessionId: 'digits-1', execution: null, session: aSession(session), reports: new Map(), now: NOW });

const ended = (result: 'succeeded' | 'stopped', resumable: boolean) =>
  view({
    attempts: [anAttempt({ nodes: [aNode({ state: 'terminated' })] })],
    outcome: { result, error: null, message: '', at: iso(NOW), resumable },
  });

it('what runs can be stopped; interrupted only on the local cloud', () => {
  expect(Object.keys(actionCommands(local, view()))).toEqual(['stop', 'stopNow', 'interrupt']);
  expect(Object.keys(actionCommands(onAws, view()))).toEqual(['stop', 'stopNow']);
});

it('what has succeeded can be downloaded, what was stopped can go on', () => {
  expect(Object.keys(actionCommands(local, ended('succeeded', false)))).toEqual(['download']);
  expect(Object.keys(actionCommands(local, ended('stopped', true)))).toEqual(['resume', 'download']);
});

it('before it is planned there is nothing to do', () => {
  const planning = sessionView({ sessionId: 'a', execution: null, session: null, reports: new Map(), now: NOW });
  expect(actionCommands(local, planning)).toEqual({});
});

it('the commands are what one would type, and a shell takes them', () => {
  const { stopNow } = actionCommands(local, view());
  expect(stopNow?.runctl).toBe('runctl stop digits-1 --now --local');
  expect(stopNow?.aws).toBe(
    `aws --endpoint-url http://127.0.0.1:4566 events put-events --entries '[{"Source":"runctl","DetailType":"Stop Requested","Detail":"{\\"sessionId\\":\\"digits-1\\",\\"now\\":true}"}]' --region us-east-1`,
  );
  expect(actionCommands(onAws, ended('succeeded', false)).download?.aws).toBe(
    'aws s3 cp --recursive s3://bucket/results/digits-1/ results/digits-1/ --region us-east-1',
  );
});

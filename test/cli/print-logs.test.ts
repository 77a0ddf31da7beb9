import type { Cloud } from '../../cli/cloud/open-cloud';
import type { CliContext } from '../../cli/context';
import { attemptsToFollow, printLogs } from '../../cli/print-logs';
import { aNode, anAttempt, aSession, minutesAgo } from '../support/sessions';

const numbers = (session: ReturnType<typeof aSession> | null) => attemptsToFollow(session).map(({ number }) => number);

/** Two that are followed at once would each be printed from the beginning, again and again. */
it('follows one attempt at a time: not the one that is made ready to replace it, nor one that was given up', () => {
  const next = anAttempt({ number: 2, nodes: [aNode({ instanceId: 'i-2' })], taskToken: null });
  expect(numbers(aSession({ attempts: [anAttempt(), next] }))).toEqual([1]);

  const verdict = { error: 'TrainingMigrated' as const, message: '', at: minutesAgo(0) };
  expect(numbers(aSession({ attempts: [anAttempt({ verdict }), next] }))).toEqual([1, 2]);

  const dropped = { ...next, verdict: { ...verdict, error: 'ReplacementDropped' as const } };
  expect(numbers(aSession({ attempts: [anAttempt({ verdict }), dropped] }))).toEqual([1]);
  expect(numbers(null)).toEqual([]);
});

it('says which nodes there are when the one asked for is not', async () => {
  const session = aSession({ attempts: [anAttempt()] });
  const cloud = {
    client: { region: 'us-east-1' },
    stack: { logGroup: 'logs', bucket: 'bucket' },
    sessions: { find: async () => ({ session }) },
    command: (...words: string[]) => ['runctl', ...words, '--local'].join(' '),
  } as unknown as Cloud;
  const context = { stdout: {}, stderr: {}, env: {} } as unknown as CliContext;
  const asked = printLogs(context, cloud, session.sessionId, { stack: 'Runctl', node: 3 });
  await expect(asked).rejects.toMatchObject({
    exitCode: 4,
    message: `Session ${session.sessionId} has no node of rank 3; it has one node, of rank 0.`,
    hint: `See: runctl show ${session.sessionId} --local`,
  });
});

import { attemptsToFollow } from '../../cli/print-logs';
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

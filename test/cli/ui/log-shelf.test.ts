import { LogShelf } from '../../../cli/ui/log-shelf';
import { aNode, anAttempt, aSession } from '../../support/sessions';

const ATTEMPTS = 40;

/** Interrupted again and again. */
const attempts = Array.from({ length: ATTEMPTS }, (_, index) => {
  const nodes = [aNode({ userId: `AROA:i-${index}`, instanceId: `i-${index}` })];
  return anAttempt({ number: index + 1, nodes, verdict: { error: 'SpotInterrupted', message: '', at: '2026-11-23' } });
});
const session = aSession({ attempts });

function shelf() {
  const reader = {
    next: jest.fn(async () => ({ messages: [], token: undefined })),
    whole: jest.fn(async function* () {
      yield 'step=1 loss=3';
    }),
  };
  return { reader, shelf: new LogShelf(reader) };
}

it('reads the logs of a session once, however many attempts it took', async () => {
  const { reader, shelf: kept } = shelf();
  const looked = { session, reports: new Map() };
  const first = await kept.metrics(looked, '');
  expect(first.attempts).toHaveLength(ATTEMPTS);
  expect(await kept.metrics(looked, first.version)).toEqual({ version: first.version });
  expect(reader.whole).toHaveBeenCalledTimes(ATTEMPTS);
});

it('keeps no log that nobody looks at any more', async () => {
  const { reader, shelf: kept } = shelf();
  await kept.metrics({ session, reports: new Map() }, '');
  const other = aSession({ sessionId: 'other', attempts: [anAttempt({ nodes: [aNode({ userId: 'AROA:i-x' })] })] });
  await kept.metrics({ session: other, reports: new Map() }, '');
  await kept.metrics({ session, reports: new Map() }, '');
  expect(reader.whole.mock.calls.length).toBeGreaterThan(ATTEMPTS);
});

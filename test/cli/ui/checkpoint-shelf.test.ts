import { CheckpointShelf } from '../../../cli/ui/checkpoint-shelf';
import { checkpointsPrefix } from '../../../core/s3-layout';
import { MINUTE_MS } from '../../../core/time';
import { aNode, anAttempt, aSession, NOW } from '../../support/sessions';

const runs = aNode({ userId: 'AROA:i-2', state: 'running' });
const gone = aNode({ userId: 'AROA:i-1', state: 'terminated' });
const session = aSession({
  attempts: [anAttempt({ number: 1, nodes: [gone] }), anAttempt({ number: 2, nodes: [runs] })],
});

/** Every node has committed so many. */
function shelf(count: number) {
  const has = { count, now: NOW };
  const source = {
    list: jest.fn(async (prefix: string) =>
      Array.from({ length: has.count }, (_, index) => index + 1).flatMap((sequence) => [
        { key: `${prefix}${sequence}/model.pt`, sizeBytes: 7 },
        { key: `${prefix}${sequence}/manifest.json`, sizeBytes: 300 },
      ]),
    ),
    readJson: jest.fn(async (key: string): Promise<unknown> => {
      const [, userId = '', , sequence] = key.split('/');
      const file = { path: 'model.pt', sizeBytes: 7, sha256: 'a'.repeat(64), crc32: 'AAAAAA==' };
      return {
        ...{ version: 1, sessionId: session.sessionId, attempt: 1, userId, sequence: Number(sequence) },
        ...{ name: 'model.pt', kind: 'file', step: 5, committedAt: new Date(NOW).toISOString(), files: [file] },
      };
    }),
  };
  return { has, source, shelf: new CheckpointShelf(source, () => has.now) };
}

it('reads a manifest once, however often somebody looks', async () => {
  const { has, source, shelf: kept } = shelf(2);
  expect(await kept.of(session)).toHaveLength(4);
  expect(await kept.of(session)).toHaveLength(4);
  expect(source.readJson).toHaveBeenCalledTimes(4);
  has.count = 3;
  expect((await kept.of(session)).map(({ manifest }) => manifest.userId)).toContain('AROA:i-2');
  expect(source.readJson).toHaveBeenCalledTimes(5);
});

it('lists what a node that is gone has left once a minute, and what runs at every look', async () => {
  const { has, source, shelf: kept } = shelf(1);
  const listed = (userId: string) =>
    source.list.mock.calls.filter(([prefix]) => prefix === checkpointsPrefix(userId)).length;
  for (let look = 0; look < 5; look += 1) await kept.of(session);
  expect([listed('AROA:i-1'), listed('AROA:i-2')]).toEqual([1, 5]);
  has.now += MINUTE_MS;
  await kept.of(session);
  expect(listed('AROA:i-1')).toBe(2);
});

it('a manifest that is not there yet is looked for again', async () => {
  const { source, shelf: kept } = shelf(1);
  source.readJson.mockResolvedValueOnce(undefined);
  const running = aSession({ attempts: [anAttempt({ nodes: [runs] })] });
  expect([await kept.of(running), await kept.of(running)]).toEqual([[], [expect.anything()]]);
});

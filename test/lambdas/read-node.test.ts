import { readNode } from '../../lambdas/shared/read-node';
import { aFinal } from '../support/sessions';

const USER = 'AROA1:i-0a';
const WRITTEN_AT = '2026-01-05T08:00:00.000Z';

function status(times: { at: string; steppedAt: string }) {
  return JSON.stringify({
    ...{ version: 1, seq: 1, agentStartedAt: times.at, sessionId: 's', attempt: 1, at: times.at, stage: 'train' },
    stages: [{ stage: 'train', startedAt: times.steppedAt, seconds: null }],
    stageFraction: null,
    progress: { step: 5, total: 9, metrics: {}, etaSeconds: null, steppedAt: times.steppedAt },
    ...{ lastCheckpoint: null, resumedFrom: null, warnings: [], stopping: null },
  });
}

async function stepTime(times: { at: string; steppedAt: string }) {
  const objects = {
    get: async (key: string) =>
      key.startsWith('status/') ? { text: status(times), writtenAt: WRITTEN_AT } : undefined,
  };
  return (await readNode(objects, USER)).status?.body.progress.steppedAt;
}

describe('what a node says of itself', () => {
  it('is dated by the clock of S3 when its own is wrong by hours', async () => {
    const said = { at: '2026-01-05T03:00:00.000Z', steppedAt: '2026-01-05T02:59:00.000Z' };
    expect(await stepTime(said)).toBe('2026-01-05T07:59:00.000Z');
  });

  it('is dated so in its last word too, but for what AWS dated', async () => {
    const notice = { action: 'terminate', time: '2026-01-05T08:02:00Z', seenAt: '2026-01-05T02:59:50.000Z' };
    const final = aFinal({ at: '2026-01-05T03:00:00.000Z', notice });
    const objects = {
      get: async (key: string) =>
        key.startsWith('final/') ? { text: JSON.stringify(final), writtenAt: WRITTEN_AT } : undefined,
    };
    expect((await readNode(objects, USER)).final).toMatchObject({
      at: WRITTEN_AT,
      notice: { ...notice, seenAt: '2026-01-05T07:59:50.000Z' },
    });
  });

  it('keeps its dates when its clock is right, and those that are none', async () => {
    const right = { at: '2026-01-05T07:59:59.000Z', steppedAt: '2026-01-05T07:58:00.000Z' };
    expect(await stepTime(right)).toBe(right.steppedAt);
    expect(await stepTime({ at: '2026-01-05T03:00:00.000Z', steppedAt: 'never' })).toBe('never');
    expect(await stepTime({ at: '-271821-04-20T00:00:00.000Z', steppedAt: right.steppedAt })).toBe(right.steppedAt);
  });
});

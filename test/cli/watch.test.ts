import { createColors } from 'picocolors';
import { renderWatch, watchChanges } from '../../cli/render/watch';

import type { Transfer } from '../../core/node/node-status';
import { sessionView } from '../../core/view/session-view';
import { aNode, aSession, aStatus, minutesAgo, NOW } from '../support/sessions';

const GIB = 2 ** 30;
const TRANSFER: Transfer = {
  doneBytes: 3.2 * GIB,
  totalBytes: 41 * GIB,
  doneFiles: 7,
  totalFiles: 90,
  bytesPerSecond: 410 * 2 ** 20,
  etaSeconds: 94,
};

const staging = (transfer: Transfer | null) =>
  sessionView({
    sessionId: 'digits-1',
    execution: {
      executionArn: 'arn',
      status: 'RUNNING',
      startedAt: minutesAgo(11),
      endedAt: null,
      error: null,
      cause: null,
    },
    session: aSession(),
    reports: new Map([
      [
        aNode().userId,
        {
          status: aStatus({
            stage: 'data',
            stages: [{ stage: 'data', startedAt: minutesAgo(1), seconds: null }],
            transfer,
          }),
        },
      ],
    ]),
    now: NOW,
  });

const LINE = 'data, 3.2 GiB of 41.0 GiB, 7 of 90 files, 410.0 MiB a second, time left: 1 min 34 s';

it('shows how far the data is, how fast, and how long it will take', () => {
  expect(renderWatch(staging(TRANSFER), [], createColors(false)).join('\n')).toContain(LINE);
  expect(renderWatch(staging(null), [], createColors(false)).join('\n')).not.toContain('transfer');
});

it('tells it at each tenth where nothing can be redrawn', () => {
  expect(watchChanges(undefined, staging(TRANSFER))).toContain(`attempt 1: ${LINE}`);
  const more = (doneBytes: number) => watchChanges(staging(TRANSFER), staging({ ...TRANSFER, doneBytes })).join();
  expect(more(4 * GIB)).not.toContain('data,');
  expect(more(4.2 * GIB)).toContain('data, 4.2 GiB of 41.0 GiB');
});

it('says that the time left is unknown rather than nonsense', () => {
  const unknown = { ...TRANSFER, totalBytes: null, totalFiles: null, bytesPerSecond: null, etaSeconds: null };
  expect(renderWatch(staging(unknown), [], createColors(false)).join('\n')).toContain(
    'data, 3.2 GiB so far, time left: unknown',
  );
});

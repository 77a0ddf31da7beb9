import { olderUpload } from '../../core/checkpoints/which-upload';

const GB = 1e9;
const uploads = { olderBytesLeft: 5 * GB, newerBytes: 5 * GB, bytesPerSecond: 0.1 * GB, secondsLeft: 100 };

describe('an older checkpoint on its way, when a newer one waits on the way out', () => {
  it.each([
    ['gives way when both would be too late', {}, 'abandon'],
    ['goes first when both are in time', { bytesPerSecond: 0.2 * GB }, 'finish'],
    ['goes first when it is nearly done, and the newer one still fits', { olderBytesLeft: 0.1 * GB }, 'finish'],
    ['gives way even when nearly done, when the newer one would not fit then', { olderBytesLeft: 1.5 * GB }, 'abandon'],
    ['goes on when it alone can be in time', { olderBytesLeft: 1 * GB, newerBytes: 9 * GB }, 'finish'],
    ['gives way when neither can be: the rate may grow', { olderBytesLeft: 9 * GB, newerBytes: 9 * GB }, 'abandon'],
    ['gives way when it has hardly begun', { bytesPerSecond: null }, 'abandon'],
    ['is finished while nothing presses', { bytesPerSecond: null, secondsLeft: null }, 'finish'],
  ] as const)('%s', (_what, change, which) => {
    expect(olderUpload({ ...uploads, ...change })).toBe(which);
  });
});

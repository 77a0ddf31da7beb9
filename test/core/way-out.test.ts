import { sessionAlerts } from '../../core/alerts/session-alerts';
import { receiptOf } from '../../core/costs/receipt';
import { receiptLines } from '../../core/costs/receipt-text';
import { gangIsWholeSeconds, wayOutOf } from '../../core/node/way-out';
import type { Market } from '../../core/session/session';
import { aFinal, aNode, anAttempt, aSession, aStatus, minutesAgo, NOW } from '../support/sessions';

const checkpoint = (uploadSeconds: number, saveSeconds: number | null = null) => ({
  ...{ name: 'step-100.pt', step: 100, sequence: 1, sizeBytes: 20 * 2 ** 30, committedAt: minutesAgo(1) },
  uploadSeconds,
  saveSeconds,
});

describe('the way out after a spot notice', () => {
  it('is saving, uploading with reserve, and the rest; what is not measured is not counted', () => {
    expect(wayOutOf(checkpoint(20, 40), 90)).toMatchObject({ neededSeconds: 80, isEnough: true });
    expect(wayOutOf(checkpoint(60, 20), 90)).toMatchObject({ neededSeconds: 120, isEnough: true });
    expect(wayOutOf(checkpoint(60, 21), 90)).toMatchObject({ neededSeconds: 121, isEnough: false });
    expect(wayOutOf(checkpoint(74), 90)).toMatchObject({ neededSeconds: 121, isEnough: false });
  });

  it('has a grace that saving fits into', () => {
    expect(wayOutOf(checkpoint(1, 30), 30).isGraceTooShort).toBe(false);
    expect(wayOutOf(checkpoint(1, 31), 30).isGraceTooShort).toBe(true);
  });
});

describe('a checkpoint that would not be saved in time', () => {
  const alertsOf = (uploadSeconds: number, market: Market = 'spot', saveSeconds: number | null = 20) => {
    const { status } = aNode();
    const lastCheckpoint = checkpoint(uploadSeconds, saveSeconds);
    const node = aNode({ market, status: status && { ...status, lastCheckpoint } });
    return sessionAlerts(aSession({ attempts: [anAttempt({ nodes: [node] })] }), NOW);
  };

  it('is told of once it was measured, with its size and what it takes', () => {
    expect(alertsOf(60)).toEqual([]);
    const [alert] = alertsOf(100);
    expect(alert).toMatchObject({ alertId: 'digits-1-notice-too-short', kind: 'notice-too-short' });
    expect(alert?.body).toContain('20.0 GiB');
    expect(alert?.body).toContain('saving 20 s and uploading 150 s take 180 s');
  });

  it('is none on demand, but for a grace that is too short', () => {
    expect(alertsOf(100, 'on-demand')).toEqual([]);
    expect(alertsOf(1, 'on-demand', 91)[0]?.body).toContain('limits.graceSeconds is 90');
  });
});

describe('the receipt', () => {
  it('counts no step as done twice before the next attempt trains', () => {
    const status = aStatus({ stage: 'wait', progress: { ...aStatus().progress, step: null } });
    const waiting = anAttempt({ number: 2, nodes: [aNode({ instanceId: 'i-2', status })], taskToken: null });
    const receipt = receiptOf(aSession({ attempts: [anAttempt(), waiting] }), NOW);
    expect(receipt.total.recomputedSteps).toBe(0);
  });

  it('says how long saving, uploading and the hand-over took', () => {
    const shutdown = { noticeToSignalSeconds: 1, saveSeconds: 3.21, uploadSeconds: 12.4 };
    const gone = aNode({
      state: 'terminated',
      final: aFinal({ outcome: 'interrupted', reason: 'SpotNotice', at: minutesAgo(5), shutdown }),
    });
    const { status } = aNode();
    const stages = [{ stage: 'train' as const, startedAt: minutesAgo(3.5), seconds: null }];
    const next = aNode({ instanceId: 'i-2', status: status && { ...status, stages } });
    const attempts = [anAttempt({ nodes: [gone] }), anAttempt({ number: 2, nodes: [next] })];
    const receipt = receiptOf(aSession({ attempts }), NOW);
    expect(receipt.attempts[0]).toMatchObject({ shutdown, handOverSeconds: 90 });
    expect(receipt.attempts[1]).toMatchObject({ shutdown: null, handOverSeconds: null });
    const dropped = anAttempt({ verdict: { error: 'ReplacementDropped', message: '', at: minutesAgo(5) } });
    const withDropped = aSession({
      attempts: [{ ...dropped, nodes: [gone] }, anAttempt({ number: 2, nodes: [next] })],
    });
    expect(receiptOf(withDropped, NOW).attempts[0]?.handOverSeconds).toBeNull();
    expect(receiptLines(receipt)).toContain(
      'attempt 1  way out: saved in 3.2 s, uploaded in 12.4 s, the next one trained 90.0 s later',
    );
  });
});

it.each([
  // Grace less what lies between the nodes.
  [90, 20, 65],
  // A notice leaves less than that.
  [3600, 40, 55],
  // Short ones leave half.
  [20, 20, 10],
  [90, 200, 0],
])('with %d s of grace and %d s for the upload, a gang is whole for %d s after SIGTERM', (grace, reserve, seconds) => {
  expect(gangIsWholeSeconds(grace, reserve)).toBe(seconds);
});

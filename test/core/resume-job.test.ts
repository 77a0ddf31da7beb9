import { resumeJob } from '../../core/plan/resume-job';
import type { Outcome } from '../../core/session/session';
import { aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';

const stopped: Outcome = { result: 'stopped', error: 'StoppedByUser', message: '', at: minutesAgo(0), resumable: true };
const verdict = { error: 'StoppedByUser' as const, message: '', at: minutesAgo(4) };
const nothing = { addUsd: 0, addHours: 0, now: NOW };

/** It trained for six minutes. */
const session = (limits: object, outcome: Outcome | null = stopped) =>
  aSession({ attempts: [anAttempt({ verdict })], outcome }, { limits });

describe('a resumed job', () => {
  it('is the same job from the other’s checkpoint, with what is left of its hours', () => {
    const job = resumeJob(session({ maxHours: 1 }), nothing);
    expect(job).toMatchObject({ name: 'digits', resumeFrom: 'digits-1', limits: { maxHours: 0.9, maxUsd: null } });
  });

  it('has what is left of its dollars, and what is added', () => {
    const { maxUsd: left } = resumeJob(session({ maxUsd: 5 }), nothing).limits;
    expect(left).toBeGreaterThan(4.8);
    expect(left).toBeLessThan(5);
    expect(resumeJob(session({ maxUsd: 5 }), { ...nothing, addUsd: 10 }).limits.maxUsd).toBeCloseTo(
      (left ?? 0) + 10,
      3,
    );
    expect(resumeJob(session({ maxHours: null, maxUsd: null }), nothing).limits).toMatchObject({
      maxUsd: null,
      maxHours: null,
    });
  });

  it('counts the hours of two attempts at once as limits do: once, and of a replacement that was dropped not at all', () => {
    const node = (minutes: number) => [aNode({ launchedAt: minutesAgo(minutes) })];
    const ended = (error: 'TrainingMigrated' | 'ReplacementDropped' | 'StoppedByUser', minutes: number) => ({
      verdict: { error, message: '', at: minutesAgo(minutes) },
    });
    const attempts = [
      anAttempt({ number: 1, nodes: node(60), ...ended('TrainingMigrated', 30) }),
      anAttempt({ number: 2, nodes: node(50), ...ended('ReplacementDropped', 45) }),
      anAttempt({ number: 3, nodes: node(35), ...ended('StoppedByUser', 0) }),
    ];
    const migrated = aSession({ attempts, outcome: stopped }, { limits: { maxHours: 3 } });
    expect(resumeJob(migrated, nothing).limits.maxHours).toBe(2);
  });

  it('never begins with a limit that is used up, and says which flag raises it', () => {
    expect(() => resumeJob(session({ maxUsd: 0.001 }), nothing)).toThrow(/limits\.maxUsd .* is used up.*--add-usd/);
    expect(() => resumeJob(session({ maxHours: 0.1 }), nothing)).toThrow(/limits\.maxHours .* is used up.*--add-hours/);
    expect(resumeJob(session({ maxHours: 0.1 }), { ...nothing, addHours: 2 }).limits.maxHours).toBe(2);
  });

  it.each([
    [null, 'has not ended'],
    [{ ...stopped, result: 'succeeded' as const, resumable: false }, 'succeeded'],
    [
      { ...stopped, result: 'failed' as const, error: 'QuotaExceeded', resumable: false },
      'never trained (QuotaExceeded)',
    ],
  ])('is refused after %p', (outcome, message) => {
    expect(() => resumeJob(session({}, outcome), nothing)).toThrow(message);
  });
});

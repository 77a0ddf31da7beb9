import { receiptOf } from '../../core/costs/receipt';
import { aFinal, aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';

const progressAt = (step: number) => ({ ...aFinal().progress, step });
const stages = [
  { stage: 'boot' as const, startedAt: minutesAgo(10), seconds: 20 },
  { stage: 'code' as const, startedAt: minutesAgo(9), seconds: 5 },
  { stage: 'train' as const, startedAt: minutesAgo(8), seconds: 300 },
  { stage: 'upload' as const, startedAt: minutesAgo(2), seconds: 7 },
];

describe('the receipt', () => {
  it('counts seconds from launch to the end, at the price at launch, beside on-demand', () => {
    const node = aNode({ launchedAt: minutesAgo(70), state: 'terminated', stateSince: minutesAgo(10) });
    const { total, attempts } = receiptOf(aSession({ attempts: [anAttempt({ nodes: [node] })] }), NOW);
    expect(attempts[0]?.nodes[0]).toMatchObject({ seconds: 3600, usd: 0.5, onDemandUsd: 1, isWaived: false });
    expect(total).toMatchObject({ seconds: 3600, lines: { instances: 0.5, volumes: 0, publicAddresses: 0 } });
  });

  it('counts a minute at least, and a running node until now', () => {
    const short = aNode({ launchedAt: minutesAgo(1), state: 'terminated', stateSince: minutesAgo(0.8) });
    const running = aNode({ instanceId: 'i-02', rank: 1, launchedAt: minutesAgo(5) });
    const { attempts } = receiptOf(aSession({ attempts: [anAttempt({ nodes: [short, running] })] }), NOW);
    expect(attempts[0]?.nodes.map(({ seconds, endedAt }) => [seconds, endedAt === null])).toEqual([
      [60, false],
      [300, true],
    ]);
  });

  it('charges nothing for a first hour that AWS interrupted, and all of it otherwise', () => {
    const ended = { launchedAt: minutesAgo(30), state: 'terminated' as const, stateSince: minutesAgo(0) };
    const usdOf = (changes: Parameters<typeof aNode>[0]) =>
      receiptOf(aSession({ attempts: [anAttempt({ nodes: [aNode({ ...ended, ...changes })] })] }), NOW).total.lines
        .instances;
    expect(usdOf({ stateReason: 'Server.SpotInstanceTermination' })).toBe(0);
    expect(usdOf({ stateReason: 'Client.UserInitiatedShutdown' })).toBe(0.25);
    expect(usdOf({ stateReason: 'Server.SpotInstanceTermination', launchedAt: minutesAgo(90) })).toBe(0.75);
    expect(usdOf({ stateReason: 'Server.SpotInstanceTermination', market: 'on-demand' })).toBe(0.25);
  });

  it('is unknown as a whole when a part is unknown, and says what is known', () => {
    const nodes = [aNode({ launchedAt: minutesAgo(60) }), aNode({ instanceId: 'i-02', rank: 1, usdPerHour: null })];
    const { total } = receiptOf(aSession({ attempts: [anAttempt({ nodes })] }), NOW);
    expect(total).toMatchObject({ usd: null, lines: { instances: null } });
    expect(total.knownUsd).toBeCloseTo(0.5, 2);
  });

  it('tells set-up, training, upload, and the steps that were done again', () => {
    const interrupted = aNode({ final: aFinal({ outcome: 'interrupted', stages, progress: progressAt(120) }) });
    const resumedFrom = { userId: interrupted.userId, sequence: 3, step: 100, name: 'step-100.pt' };
    const finished = aNode({
      instanceId: 'i-02',
      final: aFinal({ attempt: 2, stages, resumedFrom, progress: progressAt(1000) }),
    });
    const attempts = [anAttempt({ nodes: [interrupted] }), anAttempt({ number: 2, nodes: [finished] })];
    const { total } = receiptOf(aSession({ attempts }), NOW);
    expect(total).toMatchObject({ setupSeconds: 50, trainSeconds: 600, uploadSeconds: 14, recomputedSteps: 20 });
  });

  it('an attempt that began anew has done all steps of the one before again', () => {
    const lost = aNode({ state: 'terminated' });
    const fresh = aNode({ instanceId: 'i-02', final: aFinal({ attempt: 2, resumedFrom: null }) });
    const attempts = [anAttempt({ nodes: [lost] }), anAttempt({ number: 2, nodes: [fresh] })];
    const receipt = receiptOf(aSession({ attempts }), NOW);
    expect(receipt.attempts[1]?.recomputedSteps).toBe(100);
    expect(receipt.total.setupSeconds).toBeNull();
  });
});

import type { Receipt } from '../../core/costs/receipt';
import { report } from '../../scripts/quickstart/report';

const node = {
  instanceId: 'i-1',
  instanceType: 'm7i.large',
  zone: 'us-east-1a',
  market: 'spot' as const,
  launchedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:01:00.000Z',
  seconds: 60,
  usdPerHour: 0.04,
  onDemandUsdPerHour: 0.1,
  usd: 0.000667,
  onDemandUsd: 0.001667,
  isWaived: false,
  priceChanges: [],
  volumeUsd: 0.0001,
  addressUsd: 0,
};

const time = { setupSeconds: 1, idleSeconds: 0, trainSeconds: 7, uploadSeconds: 1, recomputedSteps: 0 };
const noWaste = { setupUsd: 0, idleUsd: 0, recomputedUsd: 0 };

const receipt: Receipt = {
  version: 1,
  sessionId: 'digits-1',
  job: { name: 'digits', project: 'examples', owner: 'ana' },
  outcome: null,
  createdAt: node.launchedAt,
  computedAt: node.endedAt,
  attempts: [
    {
      attempt: 1,
      end: 'SpotInterrupted',
      ...time,
      usd: 0.000667,
      waste: noWaste,
      ...{ shutdown: null, handOverSeconds: null },
      nodes: [{ ...node, usd: 0, isWaived: true }],
    },
    {
      attempt: 2,
      end: 'finished',
      ...time,
      usd: 0.000667,
      waste: noWaste,
      ...{ shutdown: null, handOverSeconds: null },
      nodes: [{ ...node, instanceId: 'i-2' }],
    },
  ],
  total: {
    seconds: 120,
    usd: null,
    knownUsd: 0.000667,
    onDemandUsd: 0.003334,
    ...time,
    lines: { instances: null, volumes: 0.0002, publicAddresses: 0, storage: 0.00001, controlPlane: 0.0015 },
    waste: { ...noWaste, totalUsd: 0 },
  },
  isFinal: true,
  estimates: ['storage', 'controlPlane'],
  excludes: ['CloudWatch Logs', 'taxes'],
};

const said = (overrides: Partial<Parameters<typeof report>[0]> = {}) =>
  report(
    {
      checks: [],
      receipt,
      resultsDir: '.runctl/results/digits-1',
      evidence: { results: { files: ['metrics.json'] } },
      seconds: 42,
      ...overrides,
    },
    false,
  ).join('\n');

describe('report', () => {
  it('tells where the results are and what each instance cost, a price that is not known as unknown', () => {
    expect(said()).toContain('.runctl/results/digits-1: metrics.json');
    expect(said()).toContain(
      'attempt 1  i-1  m7i.large  us-east-1a  spot  60 s  free: interrupted by AWS within the first hour',
    );
    expect(said()).toContain('attempt 2  i-2  m7i.large  us-east-1a  spot  60 s  $0.000667');
    expect(said()).toContain('together unknown ($0.000667 of it known); on demand it would have been $0.003334');
    expect(said()).toContain('disks $0.000200');
    expect(said()).toContain('control plane $0.001500 (estimate)');
    expect(said()).toContain('not in it: CloudWatch Logs, taxes');
  });

  it('says that everything held only when every check did', () => {
    const good = { isOk: true, text: 'good' };
    expect(said({ checks: [good] })).toContain('✓ good');
    expect(said({ checks: [good] })).toContain('Everything held, in 42.0 s.');

    const bad = said({ checks: [good, { isOk: false, text: 'bad' }] });
    expect(bad).toContain('✗ bad');
    expect(bad).toContain('Not everything held');
  });

  it('does without a receipt and without results', () => {
    expect(said({ receipt: null })).not.toContain('Receipt');
    expect(said({ evidence: { results: { files: [] } } })).toContain('digits-1: none');
  });
});

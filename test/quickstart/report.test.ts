import type { Receipt } from '../../core/receipt';
import { report } from '../../scripts/quickstart/report';

const node = {
  instanceId: 'i-1',
  instanceType: 'm7i.large',
  zone: 'us-east-1a',
  market: 'spot',
  launchedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:01:00.000Z',
  seconds: 60,
  usdPerHour: 0.04,
  onDemandUsdPerHour: 0.1,
  usd: 0.000667,
  onDemandUsd: 0.001667,
  isWaived: false,
} as const;

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
      setupSeconds: 1,
      trainSeconds: 7,
      uploadSeconds: 1,
      recomputedSteps: 0,
      nodes: [{ ...node, usd: 0, isWaived: true }],
    },
    {
      attempt: 2,
      end: 'finished',
      setupSeconds: 1,
      trainSeconds: 8,
      uploadSeconds: 1,
      recomputedSteps: 0,
      nodes: [{ ...node, instanceId: 'i-2' }],
    },
  ],
  total: {
    seconds: 120,
    usd: null,
    knownUsd: 0.000667,
    onDemandUsd: 0.003334,
    setupSeconds: 2,
    trainSeconds: 15,
    uploadSeconds: 2,
    recomputedSteps: 0,
  },
  excludes: ['EBS volumes', 'S3'],
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
    expect(said()).toContain('together unknown; on demand it would have been $0.003334');
    expect(said()).toContain('not in it: EBS volumes, S3');
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

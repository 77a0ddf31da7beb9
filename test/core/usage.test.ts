import { UsageTracker } from '../../core/node/usage';

const sample = (busyCpus: number | null, ...gpus: number[]) => ({ busyCpus, cpus: 8, gpus });
const at = (ms: number) => new Date(ms).toISOString();

describe('how busy a machine is', () => {
  it('is the mean of the last four samples', () => {
    const tracker = new UsageTracker();
    for (const busy of [8, 4, 4, 2, 2]) tracker.add(sample(busy, busy / 8, 0), 0);
    expect(tracker.utilization).toMatchObject({ cpu: 0.375, gpus: [0.375, 0] });
  });

  it('is not told where nothing can be measured', () => {
    const tracker = new UsageTracker();
    expect(tracker.utilization).toBeNull();
    tracker.add(sample(null), 0);
    expect(tracker.utilization).toBeNull();
  });

  it('keeps when anything was busy last; measuring begins busy, a wake-up now and then is nothing', () => {
    const tracker = new UsageTracker();
    tracker.add(sample(null, 0), 1_000);
    tracker.add(sample(0.01, 0.02), 2_000);
    expect(tracker.utilization).toMatchObject({ busyAt: at(1_000), gpuBusyAt: at(1_000) });
    tracker.add(sample(1, 0), 3_000);
    expect(tracker.utilization).toMatchObject({ busyAt: at(3_000), gpuBusyAt: at(1_000) });
    tracker.add(sample(0, 0.5), 4_000);
    expect(tracker.utilization).toMatchObject({ busyAt: at(4_000), gpuBusyAt: at(4_000) });
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { systemClock } from '../../agent/adapters/system-clock';
import { UsageMeter, type UsageMeterOptions } from '../../agent/usage-meter';

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

function meter(options: Partial<UsageMeterOptions> = {}) {
  return new UsageMeter({
    clock: systemClock,
    log: () => {},
    runTool: async () => '',
    intervalMs: 1000,
    cpus: 1,
    gpus: 0,
    pids: () => [],
    ...options,
  });
}

async function measureUntil(measured: UsageMeter, isSeen: () => boolean): Promise<void> {
  while (!isSeen()) {
    await measured.measure();
    await systemClock.sleep(30);
  }
}

describe('the usage meter', () => {
  it('sees processes that compute, and that wait', async () => {
    child = spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
    const { pid = 0 } = child;
    const busy = meter({ pids: () => [pid] });
    await measureUntil(busy, () => (busy.tracker.utilization?.cpu ?? 0) > 0.1);
    child.kill('SIGSTOP');
    const waiting = meter({ pids: () => [pid] });
    await measureUntil(waiting, () => waiting.tracker.utilization?.cpu === 0);
  });

  it('asks nvidia-smi where the machine has GPUs, and does without its answer', async () => {
    const calls: unknown[] = [];
    const answering = meter({
      gpus: 2,
      runTool: async (...call) => {
        calls.push(call.slice(0, 2));
        return '97\n3\n';
      },
    });
    await answering.measure();
    expect(answering.tracker.utilization).toMatchObject({ cpu: null, gpus: [0.97, 0.03] });
    expect(calls).toEqual([['nvidia-smi', ['--query-gpu=utilization.gpu', '--format=csv,noheader,nounits']]]);
    const lines: string[] = [];
    const silent = meter({
      gpus: 1,
      log: (line) => lines.push(line),
      runTool: async () => {
        throw new Error('no devices were found');
      },
    });
    await silent.measure();
    await silent.measure();
    expect(silent.tracker.utilization).toBeNull();
    expect(lines).toHaveLength(1);
  });
});

/** Lines that commands show of a session. */
import { renderShow } from '../../cli/render/show';
import { renderWatch } from '../../cli/render/watch';
import type { Paint } from '../../cli/terminal/paint';
import type { NodeStatus } from '../../core/node/node-status';
import { sessionView } from '../../core/view/session-view';
import { aNode, anAttempt, aSession, aStatus, minutesAgo, NOW } from '../support/sessions';

const plain = new Proxy({}, { get: () => (text: string) => text }) as Paint;
const utilization = { cpu: 0.121, gpus: [0.97, 0.02], busyAt: minutesAgo(0), gpuBusyAt: minutesAgo(0) };

function viewOf(...statuses: Partial<NodeStatus>[]) {
  const nodes = statuses.map((_status, rank) => aNode({ rank, instanceId: `i-${rank}`, userId: `AROA:i-${rank}` }));
  const reports = new Map(statuses.map((status, rank) => [`AROA:i-${rank}`, { status: aStatus(status) }]));
  const session = aSession({ attempts: [anAttempt({ nodes })] });
  return sessionView({ sessionId: 'digits-1', execution: null, session, reports, now: NOW });
}
const shown = (view: ReturnType<typeof viewOf>) => [
  renderShow(view, plain, (...words) => words.join(' ')).join('\n'),
  renderWatch(view, [], plain).join('\n'),
];

describe('show and watch', () => {
  it('tell how busy the machine is', () => {
    for (const text of shown(viewOf({ utilization }))) expect(text).toMatch(/busy +GPUs 97 %, 2 %, CPU 12 %/);
    for (const text of shown(viewOf({}))) expect(text).not.toContain('busy');
  });

  it('tell it of each node of a gang', () => {
    const idle = { ...utilization, gpus: [] };
    for (const text of shown(viewOf({ utilization }, { utilization: idle }))) {
      expect(text).toContain('node 0: GPUs 97 %, 2 %, CPU 12 %; node 1: CPU 12 %');
    }
  });

  it('tell whether one more save would survive a spot notice', () => {
    const lastCheckpoint = {
      ...{ name: 'step-1.pt', step: 1, sequence: 1, sizeBytes: 1, committedAt: minutesAgo(1), uploadSeconds: 10 },
      saveSeconds: 5,
    };
    const text = (changes: object) => shown(viewOf({ lastCheckpoint: { ...lastCheckpoint, ...changes } }))[0];
    expect(text({})).toMatch(/way out +30 s of the 120 s that a spot notice gives\n/);
    expect(text({ uploadSeconds: 100 })).toContain('the last save would be lost (saving 5 s and uploading 150 s');
    expect(text({ saveSeconds: 100 })).toContain('saving takes longer than limits.graceSeconds');
  });

  it('tell of a loss that is not a number', () => {
    const notFinite = { metric: 'loss', step: 150, finiteStep: 140, at: minutesAgo(1) };
    const progress = { ...aStatus().progress, metrics: { lr: 0.1 }, notFinite };
    for (const text of shown(viewOf({ progress })))
      expect(text).toContain('loss is not a number since step 150  lr 0.1');
  });
});

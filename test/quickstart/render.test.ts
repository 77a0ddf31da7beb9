import { render } from '../../scripts/quickstart/render';
import { attempt, checkpoint, progress, runView, stages, status } from './views';

const plain = (view: Parameters<typeof render>[0]) => render(view, { color: false });

describe('render', () => {
  it('shows the state machine, the stages, a progress bar and the newest committed checkpoint', () => {
    const view = runView({ attempts: [attempt({ status: status({ lastCheckpoint: checkpoint(300, 5) }) })] });

    expect(plain(view)).toEqual([
      'digits-20260101-000000  00:12',
      '',
      '  PlanJob → LaunchNodes → ▸RunTraining → CollectResults → ReleaseNodes → NotifyFinished',
      '',
      '  attempt 1  i-0000000000000000a  m7i.large  us-east-1a  running',
      '    ✓ code 0.2 s   ✓ data 0.1 s   ▸ train   · upload',
      '    ███████████████░░░░░░░░░░░░░░░  step 315/630  loss 0.2500  accuracy 0.9500  8 s left',
      '    newest committed checkpoint: step 300 (step-000300.json)',
      '',
    ]);
  });

  it('shows an interrupted attempt above the one that resumed, and what was done to it', () => {
    const first = attempt({
      outcome: 'interrupted',
      instanceState: 'terminated',
      status: status({ lastCheckpoint: checkpoint(287, 5), stages: stages(['train', 6.8], ['upload', 0.3]) }),
      progress: progress(285),
    });
    const second = attempt({
      number: 2,
      instanceId: 'i-0000000000000000b',
      status: status({ resumedFrom: { userId: 'AROA:i-1', sequence: 5, step: 287, name: 'step-000287.json' } }),
    });
    const lines = plain(runView({ attempts: [first, second], notes: [{ atSeconds: 65, text: 'notice sent' }] }));

    expect(lines).toContain('  attempt 1  i-0000000000000000a  m7i.large  us-east-1a  interrupted, terminated');
    expect(lines).toContain('    · code   · data   ✓ train 6.8 s   ✓ upload 0.3 s');
    expect(lines).toContain('    resumed at step 287 (step-000287.json)');
    expect(lines.find((line) => line.includes('step 285/630'))).not.toContain('left');
    expect(lines.at(-1)).toBe('  01:05  notice sent');
  });

  it('says that a node is saving, that capacity is waited for, and how the execution ended', () => {
    const saving = attempt({ status: status({ stopping: { reason: 'SpotNotice', at: '2026-01-01T00:00:00Z' } }) });
    expect(plain(runView({ attempts: [saving] })).join('\n')).toContain('saving (SpotNotice), running');

    const waiting = runView({ execution: { status: 'RUNNING', state: 'WaitForCapacity' }, attempts: [] });
    expect(plain(waiting)[2]).toMatch(/waiting for capacity$/);

    const ended = runView({ execution: { status: 'FAILED', state: 'NotifyFinished' } });
    expect(plain(ended)[2]).toMatch(/→ FAILED$/);
    expect(plain(ended)[2]).not.toContain('▸');
  });

  it('shows an instance that has not spoken yet without inventing progress', () => {
    const lines = plain(runView({ attempts: [attempt({ status: null, progress: null, instanceState: 'pending' })] }));

    expect(lines.slice(4, 6)).toEqual([
      '  attempt 1  i-0000000000000000a  m7i.large  us-east-1a  pending',
      '    · code   · data   · train   · upload',
    ]);
    expect(lines.join('\n')).not.toContain('step');
  });

  it('colours only when asked to', () => {
    const esc = String.fromCharCode(27);
    expect(render(runView(), { color: true }).join('')).toContain(esc);
    expect(plain(runView()).join('')).not.toContain(esc);
  });
});

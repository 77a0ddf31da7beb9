import { changes } from '../../scripts/quickstart/changes';
import { attempt, checkpoint, progress, runView, status } from './views';

describe('changes', () => {
  it('tells everything at first, and nothing when nothing changed', () => {
    const view = runView({ attempts: [attempt({ status: status({ lastCheckpoint: checkpoint(300, 5) }) })] });

    expect(changes(undefined, view)).toEqual([
      '[ 12.3 s] state machine: RunTraining',
      '[ 12.3 s] attempt 1: i-0000000000000000a is running',
      '[ 12.3 s] attempt 1: step=315 total=630 loss=0.2500 accuracy=0.9500',
      '[ 12.3 s] attempt 1: committed checkpoint step-000300.json',
      '[ 12.3 s] attempt 1: stage train',
    ]);
    expect(changes(view, { ...view, elapsedSeconds: 13 })).toEqual([]);
  });

  it('does not call it a stop when an instance is terminated that has finished', () => {
    const ended = status({ stopping: { reason: 'AgentTerminated', at: 'now' } });
    const text = changes(runView(), runView({ attempts: [attempt({ status: ended, outcome: 'succeeded' })] })).join();

    expect(text).toContain('succeeded');
    expect(text).not.toContain('stops');
  });

  it('tells of progress at each tenth only', () => {
    const at = (step: number) => runView({ attempts: [attempt({ progress: progress(step, 100) })] });

    expect(changes(at(31), at(39))).toEqual([]);
    expect(changes(at(39), at(40))).toHaveLength(1);
  });

  it('tells of the notice, the save, the last word, the resume and the end', () => {
    const before = runView();
    const saving = status({ stopping: { reason: 'SpotNotice', at: 'now' } });
    const resumed = status({ resumedFrom: { userId: 'u', sequence: 5, step: 287, name: 'step-000287.json' } });
    const after = runView({
      execution: { status: 'SUCCEEDED', state: 'NotifyFinished' },
      attempts: [
        attempt({ status: saving, outcome: 'interrupted' }),
        attempt({ number: 2, instanceId: 'i-2', status: resumed, progress: null }),
      ],
      notes: [{ atSeconds: 12, text: 'spot interruption notice sent' }],
    });

    const text = changes(before, after).join('\n');
    for (const line of [
      'execution: SUCCEEDED',
      'attempt 1: saves and stops: SpotNotice',
      "attempt 1: the node's last word: interrupted",
      'attempt 2: resumes at step 287',
      'spot interruption notice sent',
    ]) {
      expect(text).toContain(line);
    }
  });
});

import { attemptToInterrupt } from '../../scripts/quickstart/interruption';
import { attempt, checkpoint, progress, runView, status } from './views';

const view = (step: number, sequence: number, stage: 'train' | 'upload' = 'train') =>
  runView({
    attempts: [
      attempt({ progress: progress(step, 100), status: status({ stage, lastCheckpoint: checkpoint(step, sequence) }) }),
    ],
  });

describe('attemptToInterrupt', () => {
  it('waits for two fifths of training and two committed checkpoints', () => {
    expect(attemptToInterrupt(view(39, 2), undefined, 'notice')).toBeUndefined();
    expect(attemptToInterrupt(view(60, 1), undefined, 'notice')).toBeUndefined();
    expect(attemptToInterrupt(view(40, 2), undefined, 'notice')?.number).toBe(1);
  });

  it('kills only just after a checkpoint was committed', () => {
    expect(attemptToInterrupt(view(45, 2), view(44, 2), 'kill')).toBeUndefined();
    expect(attemptToInterrupt(view(45, 3), view(44, 2), 'kill')?.number).toBe(1);
  });

  it('leaves alone what is no longer training, what is not there, and everything when told to', () => {
    expect(attemptToInterrupt(view(90, 4, 'upload'), undefined, 'notice')).toBeUndefined();
    expect(attemptToInterrupt(runView({ attempts: [] }), undefined, 'kill')).toBeUndefined();
    expect(attemptToInterrupt(view(90, 4), undefined, 'none')).toBeUndefined();
  });
});

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
    expect(attemptToInterrupt(view(39, 2))).toBeUndefined();
    expect(attemptToInterrupt(view(60, 1))).toBeUndefined();
    expect(attemptToInterrupt(view(40, 2))?.number).toBe(1);
  });

  it('leaves an attempt alone that is no longer training, and a second attempt always', () => {
    expect(attemptToInterrupt(view(90, 4, 'upload'))).toBeUndefined();
    expect(attemptToInterrupt(runView({ attempts: [] }))).toBeUndefined();
  });
});

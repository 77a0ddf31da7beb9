import { ProgressTracker, parseProgressLine } from '../../core/progress';

describe('a line of training output', () => {
  it.each([
    ['step=5 total=100 loss=0.3421', { step: 5, total: 100, metrics: { loss: 0.3421 } }],
    ['step: 5/100, loss: 3e-2, lr: 1.0e-04', { step: 5, total: 100, metrics: { loss: 0.03, lr: 0.0001 } }],
    ['Step [5/100] Loss: -0.3', { step: 5, total: 100, metrics: { Loss: -0.3 } }],
    ['iter 20 of 400 | loss=1', { step: 20, total: 400, metrics: { loss: 1 } }],
    ['{"step": 7, "total_steps": 10, "loss": 0.5, "note": "x"}', { step: 7, total: 10, metrics: { loss: 0.5 } }],
    [
      "{'loss': 0.25, 'grad_norm': nan, 'learning_rate': 5e-05, 'epoch': 0.5}",
      { metrics: { loss: 0.25, learning_rate: 5e-5, epoch: 0.5 } },
    ],
    [
      ' 45%|████▌     | 450/1000 [00:10<00:12, 43.21it/s, loss=0.3]',
      { step: 450, total: 1000, metrics: { loss: 0.3 } },
    ],
    [' 45%|####5     | 450/1000 [00:10<00:12, 43.21it/s]', { step: 450, total: 1000, metrics: {} }],
    ['\u001b[32mstep=3\u001b[0m total=9', { step: 3, total: 9, metrics: {} }],
    [
      'Epoch 2:  50%|█████     | 50/100 [00:05<00:05, 9.9it/s, v_num=3, train_loss=0.1]',
      { step: 250, metrics: { train_loss: 0.1, epoch: 2 } },
    ],
    ['Epoch 2/9:  50%|█████     | 50/100 [00:05<00:05, 9.9it/s]', { step: 250, total: 1000, metrics: { epoch: 2 } }],
  ])('%s', (line, said) => {
    expect(parseProgressLine(line)).toEqual(said);
  });

  it.each([
    ['step=5 loss=nan', ['loss']],
    ['loss: -inf, grad_norm: nan', ['loss']],
    ["{'loss': nan, 'grad_norm': nan, 'epoch': 0.5, 'seen': [nan, None]}", ['loss']],
    ['{"step": 7, "train/loss": NaN, "val_loss": -Infinity, "note": "inf, or nan"}', ['train/loss', 'val_loss']],
    [' 45%|####5     | 450/1000 [00:10<00:12, 43.21it/s, loss=nan]', ['loss']],
  ])('has a loss that is no number: %s', (line, names) => {
    expect(parseProgressLine(line)?.notFinite).toEqual(names);
  });

  it.each([
    'Loading the data set',
    '2026-11-23 10:15:30 INFO started',
    'step=abc total=many',
    '{"message": "no numbers"}',
    '{broken',
    'Downloading model.bin:  45%|████▌     | 450/1000 [00:10<00:12, 43.21MB/s]',
    'Evaluating:  45%|████▌     | 450/1000 [00:10<00:12, 43.21it/s]',
    `step=1 ${'x'.repeat(5000)}`,
    'loss_scale=inf',
  ])('says nothing: %s', (line) => {
    expect(parseProgressLine(line)).toBeUndefined();
  });
});

describe('progress', () => {
  it('tells the time left by the recent rate, not by the slow beginning', () => {
    const tracker = new ProgressTracker();
    tracker.read('step=1 total=2000', 0, 0);
    tracker.read('step=2', 0, 600_000);
    for (let step = 3; step <= 1000; step++) tracker.read(`step=${step}`, 0, 600_000 + (step - 2) * 1_000);
    const { etaSeconds } = tracker.progress(600_000 + 998_000);
    expect(etaSeconds).toBeGreaterThan(990);
    expect(etaSeconds).toBeLessThanOrEqual(1000);
  });

  it('has no time left to tell without a total, a rate, or when nothing has moved for long', () => {
    const tracker = new ProgressTracker();
    expect(tracker.progress(0)).toEqual({ step: null, total: null, metrics: {}, etaSeconds: null, steppedAt: null });
    tracker.read('step=1', 0, 0);
    tracker.read('step=2', 0, 5_000);
    expect(tracker.progress(5_000).etaSeconds).toBeNull();
    tracker.read('step=3 total=10', 0, 10_000);
    expect(tracker.progress(10_000).etaSeconds).toBe(35);
    expect(tracker.progress(3_600_000).etaSeconds).toBeNull();
  });

  it('forgets the rate when counting starts anew, and a total that was passed', () => {
    const tracker = new ProgressTracker();
    tracker.read('step=9 total=10', 0, 0);
    tracker.read('step=10', 0, 9_000);
    tracker.read('step=1', 0, 20_000);
    expect(tracker.progress(20_000)).toMatchObject({ step: 1, etaSeconds: null });
    tracker.read('step=11', 0, 30_000);
    expect(tracker.progress(30_000)).toMatchObject({ step: 11, total: null, etaSeconds: null });
  });

  it('dates the last line that moved the step, and keeps the latest metrics', () => {
    const tracker = new ProgressTracker();
    tracker.read('step=1 loss=3 accuracy=0.1', 1_000, 0);
    tracker.read('step=1 loss=2', 2_000, 0);
    tracker.read("{'loss': 1}", 3_000, 0);
    expect(tracker.progress(0)).toMatchObject({
      step: 1,
      metrics: { loss: 1, accuracy: 0.1 },
      steppedAt: '1970-01-01T00:00:01.000Z',
    });
  });

  it('remembers since when the loss is no number and when it last was one, until that loss is one again', () => {
    const tracker = new ProgressTracker();
    const read = (line: string) => tracker.read(line, 1_000, 0);
    read('step=140 loss=0.5');
    read('step=150 loss=nan aux_loss=1');
    read('step=160 loss=nan');
    read('step=170 aux_loss=1');
    expect(tracker.progress(0)).toMatchObject({
      metrics: { aux_loss: 1 },
      notFinite: { metric: 'loss', step: 150, finiteStep: 140, at: '1970-01-01T00:00:01.000Z' },
    });
    expect(tracker.progress(0).metrics).not.toHaveProperty('loss');
    read('step=180 loss=0.4');
    expect(tracker.progress(0).notFinite).toBeUndefined();
  });

  it('knows of such a loss also where no steps are told', () => {
    const tracker = new ProgressTracker();
    tracker.read('epoch 3, loss: nan', 0, 0);
    expect(tracker.progress(0).notFinite).toMatchObject({ metric: 'loss', step: null, finiteStep: null });
  });
});

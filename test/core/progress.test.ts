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
      { bar: '', step: 450, total: 1000, metrics: { loss: 0.3 } },
    ],
    [' 45%|####5     | 450/1000 [00:10<00:12, 43.21it/s]', { bar: '', step: 450, total: 1000, metrics: {} }],
    ['\u001b[32mstep=3\u001b[0m total=9', { step: 3, total: 9, metrics: {} }],
    [
      'Epoch 2:  50%|█████     | 50/100 [00:05<00:05, 9.9it/s, v_num=3, train_loss=0.1]',
      { epoch: { at: 2 }, within: { step: 50, total: 100 }, metrics: { train_loss: 0.1, epoch: 2 } },
    ],
    [
      'Epoch 2/9:  50%|█████     | 50/100 [00:05<00:05, 9.9it/s]',
      { epoch: { at: 2, of: 9 }, within: { step: 50, total: 100 }, metrics: { epoch: 2 } },
    ],
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

/** Steps and totals after each line, a line a second. */
function follow(...lines: string[]): string[] {
  const tracker = new ProgressTracker();
  return lines.map((line, second) => {
    tracker.read(line, 0, second * 1000);
    const { step, total } = tracker.progress(second * 1000);
    return `${step}/${total}`;
  });
}

describe('logs as frameworks print them', () => {
  it('Keras in colours, and with the backspaces of its older bar', () => {
    const colours =
      '\u001b[1m 60/938\u001b[0m \u001b[32m━\u001b[0m\u001b[37m━━━\u001b[0m \u001b[1m4s\u001b[0m 5ms/step - loss: 1.42';
    const backspaces = `${'\b'.repeat(70)} 90/938 [=>............................] - ETA: 4s - loss: 1.13`;
    const silent = '938/938 - 3s - 3ms/step - loss: 0.9 - val_loss: 0.8';
    const evaluation = '313/313 ━━━━━━━━━━━━━━━━━━━━ 1s 2ms/step - loss: 0.7';
    expect(follow('Epoch 1/2', colours, backspaces, silent, evaluation, 'Epoch 2/2', silent, evaluation)).toEqual([
      ...['1/2', '60/1876', '90/1876', '938/1876', '938/1876', '938/1876', '1876/1876', '1876/1876'],
    ]);
  });

  it('Hugging Face’s evaluation after training, and the numbers in quotes of Transformers 5', () => {
    const lines = [
      ' 50%|█████ | 1/2 [00:01<00:01]',
      "{'loss': '0.5', 'epoch': '1.0'}",
      '100%|██████| 2/2 [00:02<00:00]',
    ];
    expect(follow(...lines, '  2%|▏     | 1/63 [00:00<00:02]')).toEqual(['1/2', '1/2', '2/2', '2/2']);
    expect(parseProgressLine("{'loss': '6.9e-01', 'epoch': '1.0', 'note': 'x'}")).toEqual({
      metrics: { loss: 0.69, epoch: 1 },
    });
  });

  it('a bar of preparations first, then training’s', () => {
    expect(follow('100%|███| 4/4 [00:01<00:00]', '  1%|   | 5/500 [00:01<01:00]')).toEqual(['4/4', '5/500']);
  });

  it.each([
    ['Training: 450it [00:10, 43.2it/s, loss=0.3]', { bar: 'Training', step: 450, metrics: { loss: 0.3 } }],
    [
      'Train Epoch: 3 [12800/60000 (21%)]\tLoss: 0.123',
      { epoch: { at: 3 }, within: { step: 12800, total: 60000 }, metrics: { Loss: 0.123, epoch: 3 } },
    ],
    [
      'Epoch: [0]  [ 100/1251]  eta: 0:05:00  lr: 0.01  loss: 0.69 (0.70)  time: 0.25',
      { epoch: { at: 0 }, within: { step: 100, total: 1251 }, metrics: { lr: 0.01, loss: 0.69, epoch: 0 } },
    ],
    [
      ' iteration      100/  500000 | consumed samples: 800 | lm loss: 9.1E+00 |',
      { step: 100, total: 500000, metrics: { samples: 800, loss: 9.1 } },
    ],
    ['[default1]:step=5 loss=0.5', { rank: 1, step: 5, metrics: { loss: 0.5 } }],
    ['2: step=5', { rank: 2, step: 5, metrics: {} }],
    ['Test: Accuracy: 97.5', { metrics: { Accuracy: 97.5 } }],
  ])('%s', (line, said) => {
    expect(parseProgressLine(line)).toEqual(said);
  });

  it.each([
    'model.safetensors:  45%|████▌     | 450/1000 [00:10<00:12, 43.21MB/s]',
    'Test:  [ 0/157]  eta: 0:00:30',
    'Loading checkpoint shards: 100%|██████████| 4/4 [00:01<00:00,  3.9it/s]',
  ])('says nothing of training: %s', (line) => {
    expect(parseProgressLine(line)?.step).toBeUndefined();
    expect(parseProgressLine(line)?.within).toBeUndefined();
  });
});

describe('a count', () => {
  it('is not turned back by ranks that are behind, but by one that begins anew', () => {
    const ranks = ['step=50', 'step=49', 'step=51', 'step=49', 'step=50', 'step=52'];
    expect(follow(...ranks).at(-1)).toBe('52/null');
    expect(follow(...ranks).slice(0, 5)).toEqual(['50', '50', '51', '51', '51'].map((step) => `${step}/null`));
    expect(follow('step=50', 'step=30', 'step=31', 'step=32').at(-1)).toBe('32/null');
    expect(follow('step=50', 'step=0').at(-1)).toBe('0/null');
  });

  it('that is said is not taken from a bar beside it', () => {
    expect(follow('step=50 total=90', ' 10%|█  | 1/10 [00:01<00:09]', 'step=51')).toEqual(['50/90', '50/90', '51/90']);
  });
});

describe('the time left', () => {
  const eta = (steps: readonly [number, number][], total: number) => {
    const tracker = new ProgressTracker();
    for (const [second, step] of steps) tracker.read(`step=${step} total=${total}`, 0, second * 1000);
    return tracker.progress((steps.at(-1)?.[0] ?? 0) * 1000).etaSeconds;
  };

  it('does not count the first step, which compiles, nor the jump to where training resumes', () => {
    expect(
      eta(
        [
          [0, 1],
          [120, 2],
          [121, 3],
          [122, 4],
          [123, 5],
        ],
        105,
      ),
    ).toBe(100);
    expect(
      eta(
        [
          [0, 0],
          [1, 411],
          [3, 412],
          [5, 413],
        ],
        500,
      ),
    ).toBe(174);
  });

  it('is unknown rather than a guess by two steps', () => {
    expect(
      eta(
        [
          [0, 411],
          [30, 412],
        ],
        500,
      ),
    ).toBeNull();
  });

  it('counts pauses for evaluations and saves', () => {
    expect(
      eta(
        [
          [0, 0],
          [10, 10],
          [20, 20],
          [80, 30],
          [90, 40],
        ],
        80,
      ),
    ).toBe(90);
  });
});

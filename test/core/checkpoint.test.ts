import { type CheckpointManifest, isDoubtful, stepFromName, superseded } from '../../core/checkpoints/checkpoint';
import { instanceIdOf, parseS3Uri, resultsLocation } from '../../core/s3-layout';

describe('the step of a checkpoint', () => {
  it.each([
    ['checkpoint-500', 500],
    ['step_000120.json', 120],
    ['epoch=3-step=1200.ckpt', 1200],
    ['model_0500.pt', 500],
    ['iter-70', 70],
    ['last.ckpt', undefined],
    ['v2-step-9.pt', 9],
    ['model.h5', undefined],
  ])('in %s is %s', (name, step) => expect(stepFromName(name)).toBe(step));
});

describe('superseded checkpoints', () => {
  it('are all but the last ones, and never the newest', () => {
    expect(superseded([1, 2, 3, 4, 5], 3)).toEqual([2, 1]);
    expect(superseded([7], 0)).toEqual([]);
    expect(superseded([], 3)).toEqual([]);
  });
});

describe('S3 addresses', () => {
  it.each([
    ['s3://bucket/a b/c', { bucket: 'bucket', key: 'a b/c' }],
    ['s3://bucket/', { bucket: 'bucket', key: '' }],
    ['s3://bucket', { bucket: 'bucket', key: '' }],
    ['s3://bucket/line\nbreak', { bucket: 'bucket', key: 'line\nbreak' }],
    ['s3://Bucket/x', undefined],
    ['https://bucket/x', undefined],
    ['s3:///x', undefined],
  ])('%j', (uri, expected) => expect(parseS3Uri(uri)).toEqual(expected));

  it('results of a session lie below its id', () => {
    expect(resultsLocation({ bucket: 'b', key: 'results' }, 's-1').key).toBe('results/s-1/');
    expect(resultsLocation({ bucket: 'b', key: '' }, 's-1').key).toBe('s-1/');
  });

  it('a user id tells its instance, and nothing else is taken for one', () => {
    expect(instanceIdOf('AROAEXAMPLE:i-0123456789abcdef0')).toBe('i-0123456789abcdef0');
    expect(instanceIdOf('AROAEXAMPLE:../../x')).toBeUndefined();
  });
});

describe('a checkpoint that may hold no numbers', () => {
  const manifest = (sequence: number, step: number | null, notFinite?: CheckpointManifest['notFinite']) =>
    ({ attempt: 1, sequence, step, ...(notFinite ? { notFinite } : {}) }) as CheckpointManifest;
  // The loss was printed at 140 and 150.
  const all = [manifest(4, 160, { step: 150, finiteStep: 140 }), manifest(3, 149), manifest(2, 141), manifest(1, 140)];

  it('was saved while the loss was none, or after the last loss that was one', () => {
    expect(all.filter((each) => isDoubtful(each, all)).map(({ step }) => step)).toEqual([160, 149, 141]);
  });

  it('is not one of a later time, when the loss was a number again, nor of another attempt', () => {
    const later = [manifest(5, 170), ...all];
    expect(isDoubtful(later[0] as CheckpointManifest, later)).toBe(false);
    expect(isDoubtful({ ...(all[2] as CheckpointManifest), attempt: 2 }, all)).toBe(false);
  });
});

import fc from 'fast-check';
import { parseJobSpec, requireJobSpec } from '../../core/job/job-spec-problems';

const minimal = { name: 'digits', command: 'python3 train.py' };

function problemsOf(changes: object): string[] {
  const parsed = parseJobSpec({ ...minimal, ...changes });
  return 'problems' in parsed ? parsed.problems.map(({ field, message }) => `${field}: ${message}`) : [];
}

describe('a job spec', () => {
  it('needs a name and a command only', () => {
    expect(requireJobSpec(minimal)).toMatchObject({
      project: 'default',
      checkpoints: { dir: 'checkpoints', keepLast: 3 },
      resources: { market: 'spot-then-on-demand', nodes: 1 },
      limits: { maxHours: 24, graceSeconds: 90, maxAttempts: 5 },
    });
  });

  it('keeps the defaults of a section that is given in part', () => {
    expect(requireJobSpec({ ...minimal, limits: { maxUsd: 5 } }).limits).toMatchObject({ maxUsd: 5, maxHours: 24 });
  });

  it.each([
    [{ name: undefined }, 'name: is required and missing'],
    [{ name: 'a b' }, 'name: found "a b"; expected a name of 1 to 64 letters, digits, _ and -'],
    [{ comand: 'x' }, 'comand: is not a known key; did you mean "command"?'],
    [{ limits: { maxhours: 3 } }, 'limits.maxhours: is not a known key; did you mean "maxHours"?'],
    [{ limits: { maxHours: '3' } }, 'limits.maxHours: found "3"; expected a value of type number'],
    [{ limits: { maxHours: -1 } }, 'limits.maxHours: found -1; it must be more than 0'],
    [{ limits: { graceSeconds: 1.5 } }, 'limits.graceSeconds: found 1.5; expected a whole number'],
    [
      { resources: { market: 'cheap' } },
      'resources.market: found "cheap"; allowed: "spot", "on-demand", "spot-then-on-demand"',
    ],
    [{ resources: { instanceTypes: [] } }, 'resources.instanceTypes: found []; the least allowed is 1 entries'],
    [{ code: 'https://x' }, 'code: found "https://x"; expected an S3 address: s3://bucket/path'],
    [
      { checkpoints: { dir: '../up' } },
      'checkpoints.dir: found "../up"; expected a relative path inside the job folder, without ..',
    ],
    [
      { checkpoints: { resumeArg: '--resume' } },
      'checkpoints.resumeArg: found "--resume"; expected a text with {path} in it',
    ],
    [{ env: { 'A B': 'x' } }, 'env.A B: this key is not allowed; expected an environment variable name'],
  ])('says of %j: %s', (changes, expected) => {
    expect(problemsOf(changes)).toEqual([expected]);
  });

  it.each(['SessionId', 'CreatedBy', 'aws:thing', 'with space', 'with/slash'])('refuses the tag key %s', (key) => {
    expect(problemsOf({ tags: { [key]: 'x' } })).toHaveLength(1);
  });

  it('names every problem, not only the first', () => {
    expect(problemsOf({ name: '', comand: 1, limits: { maxAttempts: 0 } })).toHaveLength(3);
  });

  it('says how many problems there are and that nothing was launched', () => {
    expect(() => requireJobSpec({})).toThrow(/2 problems\. Nothing was launched\.\n- name: .*\n- command: /s);
  });

  it('answers any JSON with a job or with problems, never with an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = parseJobSpec(value);
        return 'job' in parsed || parsed.problems.length > 0;
      }),
    );
  });

  it('answers any value in any field with a job or with problems', () => {
    const fields = [
      'name',
      'command',
      'code',
      'checkpoints',
      'resources',
      'limits',
      'retry',
      'on',
      'env',
      'secrets',
      'tags',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        const parsed = parseJobSpec({ ...minimal, [field]: value });
        return 'job' in parsed || parsed.problems.every((problem) => problem.message.length > 0);
      }),
    );
  });
});

import fc from 'fast-check';
import { RunctlError } from '../../core/errors';
import { planSchema } from '../../core/plan/plan';
import { planJob } from '../../lambdas/plan-job/plan-job';
import { memoryPorts } from '../support/memory-ports';
import { isSafeToShow, NASTY_TEXTS, nastyText, nastyValue, nested, PROTO } from './support';

const ARN = 'arn:aws:states:us-east-1:000000000000:execution:Runctl:run-1';
/** Of the cause that Step Functions shows. */
const CAUSE_LENGTH = 32_768;
const minimal = { name: 'digits', command: 'python3 train.py' };

/** What a submission comes to: the plan that was written, or the refusal. Anything else is thrown. */
async function submitted(job: unknown, sessionId = 'run-1') {
  const ports = memoryPorts();
  try {
    await planJob({ sessionId, executionArn: ARN, job }, ports);
  } catch (error) {
    if (!(error instanceof RunctlError) || error.name !== 'InvalidJobSpec') throw error;
    expect(ports.sessions.records.size).toBe(0);
    return error.message;
  }
  return planSchema.parse(ports.objects.json(`sessions/${sessionId}/plan.json`));
}

async function refusal(job: unknown, sessionId?: string): Promise<string> {
  const answer = await submitted(job, sessionId);
  if (typeof answer !== 'string') throw new Error(`it was planned: ${JSON.stringify(answer.job).slice(0, 300)}`);
  return answer;
}

const FIELDS = [
  ...['name', 'project', 'owner', 'command', 'code', 'data', 'output', 'aws', 'resumeFrom', 'env', 'secrets', 'tags'],
  ...['checkpoints.dir', 'checkpoints.pattern', 'checkpoints.keepLast', 'checkpoints.resumeArg', 'checkpoints.upload'],
  ...['resources.instanceTypes', 'resources.nodes', 'resources.volumeGiB', 'resources.placementGroup', 'resources.ami'],
  ...['limits.maxHours', 'limits.maxUsd', 'limits.maxAttempts', 'limits.graceSeconds', 'launch.patienceHours'],
  ...['retry.onExitCodes', 'on.stall', 'env.A', 'tags.Team', 'secrets.KEY', 'nonsense', 'limits.nonsense'],
];

function withField(field: string, value: unknown): object {
  const [section = '', key] = field.split('.');
  return { ...minimal, [section]: key === undefined ? value : { [key]: value } };
}

const field = fc.constantFrom(...FIELDS);

describe('a hostile job spec', () => {
  it('is planned or refused, whatever stands in any field', async () => {
    await fc.assert(
      fc.asyncProperty(field, nastyValue, async (name, value) => {
        const answer = await submitted(withField(name, value));
        if (typeof answer !== 'string') return;
        expect(answer.length).toBeLessThan(CAUSE_LENGTH);
        expect(isSafeToShow(answer)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('is refused as a whole when it is no object', async () => {
    for (const job of [null, 'text', 7, true, [], [minimal], undefined, nested(50_000)]) {
      expect(await refusal(job)).toContain('(the spec)');
    }
  });

  it('is refused when its nesting is deeper than a stack', async () => {
    expect(await refusal({ ...minimal, code: nested(100_000) })).toContain('nested too deeply');
  });

  it('is refused with a message that fits, however much is wrong with it', async () => {
    const keys = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key${index}`, index]));
    const message = await refusal({ ...minimal, ...keys });
    expect(message).toContain('5000 problems');
    expect(message).toContain('… and 4970 more');
    expect(message.length).toBeLessThan(CAUSE_LENGTH);
    expect(await refusal({ ...minimal, ['k'.repeat(100_000)]: 1 })).toContain('is not a known key');
  });

  it('is refused when no record could hold it', async () => {
    const env = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`PART_${index}`, 'x'.repeat(30_000)]));
    expect(await refusal({ ...minimal, env })).toMatch(/has 23\d KiB; the most allowed is 128 KiB/);
    expect(await refusal({ ...minimal, command: `echo ${'x'.repeat(1_000_000)}` })).toContain('128 KiB');
  });

  it.each(['env', 'secrets', 'tags'])('does not drop a key __proto__ of %s in silence', async (name) => {
    expect(await refusal({ ...minimal, [name]: PROTO })).toContain(`${name}.__proto__: this key is not allowed`);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([
    ['env', { A: 'x\0y' }, 'env.A: found "x\\u0000y"; expected a text without NUL'],
    ['env', { RUNCTL_SESSION_ID: 'x' }, 'these are set by runctl'],
    ['secrets', { RUNCTL_TRAINING: 'ssm:/runctl/x' }, 'these are set by runctl'],
    ['checkpoints', { resumeArg: '{path}\0' }, 'checkpoints.resumeArg'],
    ['checkpoints', { pattern: 'a\0' }, 'checkpoints.pattern'],
    ['checkpoints', { pattern: '*a*a*a*a*b' }, 'a glob with at most 3 of *'],
    ['checkpoints', { pattern: '+(a|aa)b' }, 'a glob with at most 3 of *'],
    ['checkpoints', { dir: '.' }, 'a folder below the job folder'],
    ['checkpoints', { dir: './' }, 'a folder below the job folder'],
    ['checkpoints', { dir: 'a/../..' }, 'without ..'],
    ['checkpoints', { dir: '/etc' }, 'without ..'],
    ['tags', { Team: 'a\nb' }, 'a text without control characters'],
    ['tags', { Team: '\ud800' }, 'a text without control characters'],
    ['tags', { Team: 'x'.repeat(257) }, 'the most allowed is 256 characters'],
    ['tags', Object.fromEntries(Array.from({ length: 36 }, (_, index) => [`T${index}`, ''])), 'at most 35 tags'],
    ['data', 's3://bucket/folder/..', 'without . or .. as a folder'],
    ['code', 's3://bucket/a\nb.zip', 'without control characters'],
    ['limits', { maxHours: Number.POSITIVE_INFINITY }, 'limits.maxHours: found Infinity'],
    ['command', 'echo \0', 'a text without NUL'],
  ])('refuses %s %j', async (name, value, expected) => {
    expect(await refusal({ ...minimal, [name]: value })).toContain(expected);
  });

  it('may say what is odd and harmless', async () => {
    const odd = {
      command: `echo "it's" $(date) \`id\`\n# 😀 ünïcödé`,
      env: { QUOTES: `"'\`$(id)\n\t\\`, EMPTY: '', LD_PRELOAD: '/nowhere.so' },
      tags: { Team: '😀 a/b=c "quoted" $(id)' },
      checkpoints: { dir: 'out put/ckpt; rm -rf', pattern: 'epoch=*-step=*-{loss,acc}*.ckpt' },
      data: 's3://bucket/it is $(id) "quoted"/',
    };
    expect(await submitted({ ...minimal, ...odd })).toMatchObject({ job: odd });
  });

  it('runs under an execution name that is safe everywhere, and no other', async () => {
    for (const name of [...NASTY_TEXTS, 'x'.repeat(65), 'a b', 'a.b', 'ünïcödé']) {
      if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) continue;
      expect(await refusal(minimal, name)).toContain('(execution name)');
    }
  });

  it('cannot resume from what is no session', async () => {
    await fc.assert(
      fc.asyncProperty(nastyText, async (resumeFrom) => {
        expect(await refusal({ ...minimal, resumeFrom })).toContain('resumeFrom');
      }),
      { numRuns: 50 },
    );
  });
});

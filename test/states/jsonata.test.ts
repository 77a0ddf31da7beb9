import { jsonata, World } from './support';

/** The value of an expression in a Pass state's Output. */
async function value(expression: string, input: unknown = {}, world = new World()): Promise<unknown> {
  return world.output(
    await world.start(jsonata({ S: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } }), input),
  );
}

/** The cause of an expression's failure, AWS's opening sentence left out. */
async function failure(expression: string, input: unknown = {}): Promise<string> {
  const world = new World();
  const arn = await world.start(jsonata({ S: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } }), input);
  const { error, cause } = await world.describe(arn);
  expect(error).toBe('States.QueryEvaluationError');
  return (cause ?? '').replace(/^An error .*\(entered at the event id #2\)\. /, '');
}

describe('the functions that Step Functions adds', () => {
  // Values measured on AWS: floci issue 2662; LocalStack recordings of intrinsic_functions/*_jsonata.
  it.each([
    ['$parse(\'{"a":1}\').a', 1],
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$range(0, 6, 2)', [0, 2, 4, 6]],
    ['$range(0, 5, 2)', [0, 2, 4]],
    ['$hash("input", "SHA-1")', '140f86aae51ab9e1cda9b4254fe98a74eb54c1a1'],
    ['$random(42)', 0.7275636800328681],
    ['$random()', 0.5],
  ])('%s', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });

  it('makes unique ids from outside', async () => {
    expect(await value('$uuid()')).toMatch(/^id-\d+$/);
  });

  it('tells the time of the given clock', async () => {
    const world = new World();
    const now = new Date(world.clock.now());
    expect(await value('[$millis(), $now()]', {}, world)).toEqual([now.getTime(), now.toISOString()]);
    expect(await value('$now("[Y]-[M01]")')).toBe(now.toISOString().slice(0, 7));
  });

  it('has no $eval', async () => {
    expect(await failure('$eval("1+1")')).toMatch(
      /threw an error during evaluation\. T1006: Attempted to invoke a non-fu/,
    );
  });

  it('refuses an unknown hash', async () => {
    expect(await failure('$hash("x", "CRC")')).toMatch(/threw an error during evaluation: Hash algorithm/);
  });
});

describe('an expression', () => {
  it('knows input and context, and the result in the state that has one', async () => {
    const world = new World();
    world.onInvoke = async () => ({ r: 1 });
    const arn = await world.start(
      jsonata({
        T: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: { FunctionName: 'f', Payload: '{% $exists($states.result) %}' },
          Output:
            '{% [$states.result.Payload, $states.input, $states.context.Execution.Name, $states.context.State.Name] %}',
          End: true,
        },
      }),
      { i: 2 },
    );
    expect(await world.output(arn)).toEqual([{ r: 1 }, { i: 2 }, 'run', 'T']);
    expect((await world.lines(arn))[2]).toContain('\\"Payload\\":false');
  });

  it('stands anywhere in a template; other text is text', async () => {
    const world = new World();
    const Output = { a: ['{% $states.input.n %}', 'x {% 1 %}', { b: '{%$states.input.n + 1%}' }], c: null, d: 1.5 };
    const arn = await world.start(jsonata({ S: { Type: 'Pass', Output, End: true } }), { n: 1 });
    expect(await world.output(arn)).toEqual({ a: [1, 'x {% 1 %}', { b: 2 }], c: null, d: 1.5 });
  });

  it('names the place in an array', async () => {
    const world = new World();
    const arn = await world.start(jsonata({ S: { Type: 'Pass', Output: { a: [1, '{% $nope %}'] }, End: true } }));
    expect((await world.describe(arn)).cause).toContain("specified for the field 'Output/a[1]' returned nothing");
  });

  it('must not yield a function', async () => {
    // LocalStack recording test_map_state_items_eval_jsonata_fail[function]
    expect(await failure('function($x){$x}')).toBe(
      "The JSONata expression 'function($x){$x}' specified for the field 'Output' returned an unsupported result type.",
    );
  });
});

describe('fields of states', () => {
  it('waits as long as an expression says', async () => {
    const world = new World();
    const arn = await world.start(jsonata({ W: { Type: 'Wait', Seconds: '{% $states.input.s * 2 %}', End: true } }), {
      s: 30,
    });
    await world.clock.advance(59_999);
    expect((await world.describe(arn)).status).toBe('RUNNING');
    await world.clock.advance(1);
    expect((await world.describe(arn)).status).toBe('SUCCEEDED');
  });

  it('waits until a time, and not at all when it has passed', async () => {
    const world = new World();
    const at = new Date(world.clock.now() + 60_000).toISOString();
    const definition = jsonata({ W: { Type: 'Wait', Timestamp: '{% $states.input %}', End: true } });
    const arn = await world.start(definition, JSON.stringify(at));
    await world.clock.advance(60_000);
    expect((await world.describe(arn)).status).toBe('SUCCEEDED');
    const { executionArn } = await world.call('StartExecution', {
      stateMachineArn: (await world.describe(arn)).stateMachineArn,
      input: '"2001-01-01T00:00:00Z"',
    });
    await world.clock.settle();
    expect((await world.describe(executionArn)).status).toBe('SUCCEEDED');
  });

  it('takes the first Choice that holds', async () => {
    const world = new World();
    const rule = (limit: number, Next: string) => ({ Condition: `{% $states.input < ${limit} %}`, Next });
    const arn = await world.start(
      jsonata({
        C: { Type: 'Choice', Choices: [rule(1, 'A'), rule(5, 'B'), rule(9, 'A')], Default: 'A' },
        A: { Type: 'Pass', Output: 'A', End: true },
        B: { Type: 'Pass', Output: 'B', End: true },
      }),
      3,
    );
    expect(await world.output(arn)).toBe('B');
  });

  it('refuses a condition that is not true or false', async () => {
    const world = new World();
    const arn = await world.start(
      jsonata({
        C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n %}', Next: 'A' }], Default: 'A' },
        A: { Type: 'Succeed' },
      }),
      { n: 1 },
    );
    expect((await world.describe(arn)).cause).toBe(
      "An error occurred while executing the state 'C' (entered at the event id #2). The JSONata expression " +
        "'$states.input.n' specified for the field 'Choices[0]/Condition' returned an unexpected result type. " +
        "Expected 'boolean', but was 'number' for value: 1",
    );
  });

  it('fails with an error and a cause made by expressions', async () => {
    // LocalStack recordings test_fail_error_jsonata, test_fail_cause_jsonata
    const world = new World();
    const arn = await world.start(
      jsonata({ F: { Type: 'Fail', Error: '{% $states.input.e %}', Cause: "{% 'it was ' & $states.input.e %}" } }),
      { e: 'Broken' },
    );
    expect(await world.describe(arn)).toMatchObject({ error: 'Broken', cause: 'it was Broken' });
  });

  it('takes time-outs from expressions', async () => {
    const world = new World();
    world.onInvoke = () => new Promise(() => {});
    const arn = await world.start(
      jsonata({
        T: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: { FunctionName: 'f' },
          TimeoutSeconds: '{% $states.input.t %}',
          HeartbeatSeconds: '{% $states.input.t - 1 %}',
          End: true,
        },
      }),
      { t: 8 },
    );
    expect((await world.lines(arn))[2]).toContain('"timeoutInSeconds":8,"heartbeatInSeconds":7');
    await world.clock.advance(8_000);
    expect(await world.describe(arn)).toMatchObject({ error: 'States.Timeout' });
  });

  it('may be JSONata in a JSONPath machine', async () => {
    const world = new World();
    const arn = await world.start(
      {
        StartAt: 'A',
        States: {
          A: { Type: 'Pass', Parameters: { 'x.$': '$.n' }, Next: 'B' },
          B: { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% $states.input.x + 1 %}', End: true },
        },
      },
      { n: 1 },
    );
    expect(await world.output(arn)).toBe(2);
  });

  it('makes the same history from the same clock, ids and chance', async () => {
    const run = async () => {
      const world = new World();
      const branches = [1, 2, 3].map((n) => ({
        StartAt: 'W',
        States: {
          W: { Type: 'Wait', Seconds: 4 - n, Next: 'T' },
          T: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Arguments: { FunctionName: '{% $uuid() %}' },
            End: true,
          },
        },
      }));
      const arn = await world.start(jsonata({ P: { Type: 'Parallel', Branches: branches, End: true } }));
      await world.clock.advance(10_000);
      return world.lines(arn);
    };
    expect(await run()).toEqual(await run());
  });
});

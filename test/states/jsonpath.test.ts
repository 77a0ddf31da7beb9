import { jsonpath, World } from './support';

const INPUT = {
  name: 'Ada',
  n: 3,
  list: [1, 2, 2, 3],
  users: [
    { name: 'a', age: 30 },
    { name: 'b', age: 40 },
  ],
  deep: { er: { value: true } },
  'odd-key': 'o',
  at: '2026-01-01T00:00:00Z',
};

/** What a path or intrinsic function yields in a Pass state's Parameters. */
async function value(expression: string, input: unknown = INPUT): Promise<unknown> {
  const world = new World();
  const state = { Type: 'Pass', Parameters: { 'v.$': expression }, OutputPath: '$.v', End: true };
  return world.output(await world.start(jsonpath({ S: state }), input));
}

/** The output of one Pass state. */
async function pass(state: object, input: unknown = INPUT): Promise<unknown> {
  const world = new World();
  return world.output(await world.start(jsonpath({ S: { Type: 'Pass', End: true, ...state } }), input));
}

describe('paths', () => {
  it.each([
    ['$.deep.er.value', true],
    ["$['odd-key']", 'o'],
    ['$.users[1].name', 'b'],
    ['$.users[-1].age', 40],
    ['$.users[*].name', ['a', 'b']],
    ['$..age', [30, 40]],
    ['$.users[?(@.age > 35)].name', ['b']],
    ['$.list[1:3]', [2, 2]],
    ['$.nothing[*]', []],
    ['$.list[9]', null],
    ['$$.Execution.Name', 'run'],
  ])('%s', async (path, expected) => {
    expect(await value(path)).toEqual(expected);
  });

  it('narrows, places and narrows again', async () => {
    expect(
      await pass({
        InputPath: '$.deep',
        Parameters: { 'x.$': '$.er.value' },
        ResultPath: '$.new.place',
        OutputPath: '$.new',
      }),
    ).toEqual({
      place: { x: true },
    });
    expect(await pass({ InputPath: null })).toEqual({});
    expect(await pass({ OutputPath: null })).toEqual({});
    expect(await pass({ Result: 1, ResultPath: null }, { a: 1 })).toEqual({ a: 1 });
    expect(await pass({ Result: 1, ResultPath: '$.list[1]' }, { list: [0, 0] })).toEqual({ list: [0, 1] });
  });

  it('cannot place a result into an array that is too short', async () => {
    const world = new World();
    const arn = await world.start(
      jsonpath({ S: { Type: 'Pass', Result: 1, ResultPath: '$.list[9]', End: true } }),
      INPUT,
    );
    expect(await world.describe(arn)).toMatchObject({ error: 'States.ResultPathMatchFailure' });
  });

  it.each([
    // LocalStack recordings test_invalid_jsonpath[…]
    [{ InputPath: '$.NoSuch' }, "Invalid path '$.NoSuch' : No results for path: $['NoSuch']"],
    [
      { Parameters: { 'value.$': '$.no' } },
      "The JSONPath '$.no' specified for the field 'value.$' could not be found in the input '{}'",
    ],
  ])('says what is missing: %j', async (fields, problem) => {
    const world = new World();
    const arn = await world.start(jsonpath({ S: { Type: 'Pass', End: true, ...fields } }));
    expect((await world.describe(arn)).cause).toBe(
      `An error occurred while executing the state 'S' (entered at the event id #2). ${problem}`,
    );
  });
});

describe('intrinsic functions', () => {
  it.each([
    ["States.Format('{} is {}\\'s {}', $.name, $.n, $.list)", "Ada is 3's [1,2,2,3]"],
    ["States.Format('\\{{}\\}', 1)", '{1}'],
    ["States.Array(1, 'two', $.n, null, true)", [1, 'two', 3, null, true]],
    ['States.ArrayPartition($.list, 3)', [[1, 2, 2], [3]]],
    ['States.ArrayContains($.list, $.n)', true],
    ['States.ArrayRange(1, 9, 3)', [1, 4, 7]],
    ['States.ArrayGetItem($.list, 3)', 3],
    ['States.ArrayLength($.list)', 4],
    ['States.ArrayUnique($.list)', [1, 2, 3]],
    ["States.Base64Encode('data')", 'ZGF0YQ=='],
    ["States.Base64Decode('ZGF0YQ==')", 'data'],
    ["States.Hash('input', 'SHA-1')", '140f86aae51ab9e1cda9b4254fe98a74eb54c1a1'],
    ['States.JsonMerge($.users[0], $.users[1], false)', { name: 'b', age: 40 }],
    ['States.StringToJson(\'{"a":[1]}\')', { a: [1] }],
    ['States.JsonToString($.deep)', '{"er":{"value":true}}'],
    ['States.MathAdd($.n, -1)', 2],
    ['States.MathRandom(10, 20)', 15],
    ["States.StringSplit('a.b+c.', '.+')", ['a', 'b', 'c']],
    ["States.ArrayLength(States.StringSplit('a,b', ','))", 2],
  ])('%s', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });

  it('fail the execution when they cannot be run', async () => {
    const world = new World();
    const Parameters = { 'v.$': "States.StringToJson('{')" };
    const arn = await world.start(jsonpath({ S: { Type: 'Pass', Parameters, End: true } }));
    expect((await world.describe(arn)).cause).toContain(
      "The function 'States.StringToJson('{')' had the following error: ",
    );
  });
});

describe('Choice', () => {
  const rule = (fields: object) => ({ Variable: '$.n', ...fields });

  it.each([
    [rule({ NumericEquals: 3 }), true],
    [rule({ NumericGreaterThan: 3 }), false],
    [rule({ NumericLessThanEqualsPath: '$.list[3]' }), true],
    [rule({ StringEquals: '3' }), false],
    [rule({ IsNumeric: true }), true],
    [rule({ IsString: true }), false],
    [rule({ Variable: '$.name', StringMatches: 'A*a' }), true],
    [rule({ Variable: '$.name', StringMatches: 'A\\*a' }), false],
    [rule({ Variable: '$.name', StringLessThan: 'B' }), true],
    [rule({ Variable: '$.at', TimestampLessThan: '2026-01-01T00:00:01Z' }), true],
    [rule({ Variable: '$.at', IsTimestamp: true }), true],
    [rule({ Variable: '$.deep.er.value', BooleanEquals: true }), true],
    [rule({ Variable: '$.none', IsPresent: false }), true],
    [rule({ Variable: '$.none', IsPresent: true }), false],
    [{ And: [rule({ NumericEquals: 3 }), rule({ NumericLessThan: 9 })] }, true],
    [{ Or: [rule({ NumericEquals: 1 }), rule({ NumericEquals: 2 })] }, false],
    [{ Not: rule({ NumericEquals: 1 }) }, true],
    [{ And: [rule({ Variable: '$.none', IsPresent: true }), rule({ Variable: '$.none', IsNull: true })] }, false],
  ])('%j: %s', async (fields, expected) => {
    const world = new World();
    const arn = await world.start(
      jsonpath({
        C: { Type: 'Choice', Choices: [{ ...fields, Next: 'Yes' }], Default: 'No' },
        Yes: { Type: 'Pass', Result: true, End: true },
        No: { Type: 'Pass', Result: false, End: true },
      }),
      INPUT,
    );
    expect(await world.output(arn)).toBe(expected);
  });

  it('fails when the variable is not there', async () => {
    const world = new World();
    const arn = await world.start(
      jsonpath({
        C: { Type: 'Choice', Choices: [{ Variable: '$.none', IsNull: true, Next: 'E' }], Default: 'E' },
        E: { Type: 'Succeed' },
      }),
    );
    expect((await world.describe(arn)).cause).toContain(
      "Invalid path '$.none': The choice state's condition path references an invalid value.",
    );
  });
});

describe('Wait', () => {
  it.each([
    // LocalStack recordings test_base_wait_seconds_path[…]
    [-1, 'The SecondsPath parameter references a negative value: $.s == -1'],
    [1.5, 'The SecondsPath parameter cannot be parsed as a long value: $.s == 1.5'],
    [null, 'The SecondsPath parameter does not reference an input value: $.s'],
  ])('refuses %s seconds', async (s, problem) => {
    const world = new World();
    const arn = await world.start(jsonpath({ W: { Type: 'Wait', SecondsPath: '$.s', End: true } }), { s });
    expect((await world.describe(arn)).cause).toContain(problem);
  });

  it('waits for the seconds and until the time at a path', async () => {
    const world = new World();
    const at = new Date(world.clock.now() + 90_000).toISOString();
    const arn = await world.start(
      jsonpath({
        W: { Type: 'Wait', SecondsPath: '$.s', Next: 'U' },
        U: { Type: 'Wait', TimestampPath: '$.at', End: true },
      }),
      { s: 60, at },
    );
    await world.clock.advance(60_000);
    expect((await world.shape(arn)).at(-1)).toBe('4<3 WaitStateEntered');
    await world.clock.advance(30_000);
    expect((await world.describe(arn)).status).toBe('SUCCEEDED');
  });
});

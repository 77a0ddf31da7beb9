import { FUNCTION, FunctionError, jsonata, jsonpath, World } from './support';

const pass = { Type: 'Pass', End: true };
const wait = { Type: 'Wait', Seconds: 100, End: true };
const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', TimeoutSeconds: 5, End: true };
const one = (state: object, name = 'Inner') => ({ StartAt: name, States: { [name]: state } });

describe('Parallel', () => {
  it('gives every branch the same input and returns outputs in the order of branches', async () => {
    const world = new World();
    const arn = await world.start(
      jsonata({
        P: {
          Type: 'Parallel',
          Arguments: { n: '{% $states.input.n + 1 %}' },
          Branches: [
            { StartAt: 'Slow', States: { Slow: { Type: 'Wait', Seconds: 9, Next: 'A' }, A: pass } },
            one({ Type: 'Pass', Output: '{% $states.input.n * 10 %}', End: true }),
          ],
          Output: { results: '{% $states.result %}' },
          End: true,
        },
      }),
      { n: 1 },
    );
    await world.clock.advance(9_000);
    expect(await world.output(arn)).toEqual({ results: [{ n: 2 }, 20] });
  });

  it('chains each branch from its start, and goes on from the last event of any', async () => {
    // floci pull request 3167, measured in us-east-1
    const world = new World();
    const arn = await world.start(jsonpath({ P: { Type: 'Parallel', Branches: [one(pass), one(pass)], End: true } }));
    expect(await world.shape(arn)).toEqual([
      '1<0 ExecutionStarted',
      '2<0 ParallelStateEntered',
      '3<2 ParallelStateStarted',
      '4<3 PassStateEntered',
      '5<4 PassStateExited',
      '6<3 PassStateEntered',
      '7<6 PassStateExited',
      '8<7 ParallelStateSucceeded',
      '9<7 ParallelStateExited',
      '10<9 ExecutionSucceeded',
    ]);
  });

  it('ends the other branches when one fails: waits, tasks and tokens', async () => {
    const world = new World();
    let token = '';
    world.onInvoke = async (_name, payload) => {
      token = String(payload);
      return {};
    };
    const callback = {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'ask', Payload: '{% $states.context.Task.Token %}' },
      HeartbeatSeconds: 60,
      End: true,
    };
    const failing = {
      StartAt: 'Later',
      States: { Later: { Type: 'Wait', Seconds: 2, Next: 'No' }, No: { Type: 'Fail', Error: 'No' } },
    };
    const arn = await world.start(
      jsonata({ P: { Type: 'Parallel', Branches: [one(wait), failing, one(callback)], End: true } }),
    );
    await world.clock.advance(2_000);
    expect((await world.shape(arn)).slice(-5)).toEqual([
      '11<10 FailStateEntered',
      '12<11 WaitStateAborted',
      '13<11 TaskStateAborted',
      '14<11 ParallelStateFailed',
      '15<14 ExecutionFailed',
    ]);
    expect(world.clock.pending).toBe(0);
    await expect(world.call('SendTaskSuccess', { taskToken: token, output: '1' })).rejects.toMatchObject({
      name: 'TaskTimedOut',
    });
  });

  it('may stand in another branch, and ends with it', async () => {
    const world = new World();
    const inner = { Type: 'Parallel', Branches: [one(wait)], End: true };
    const arn = await world.start(
      jsonata({ P: { Type: 'Parallel', Branches: [one(inner), one({ Type: 'Fail', Error: 'No' })], End: true } }),
    );
    expect(await world.describe(arn)).toMatchObject({ status: 'FAILED', error: 'No' });
    expect(world.clock.pending).toBe(0);
  });

  it('lets StopExecution end everything with one event', async () => {
    // LocalStack recording test_stop_execution
    const world = new World();
    const arn = await world.start(jsonata({ P: { Type: 'Parallel', Branches: [one(wait), one(wait)], End: true } }));
    await world.call('StopExecution', { executionArn: arn, error: 'Enough', cause: 'said the user' });
    await world.clock.settle();
    expect((await world.lines(arn)).at(-1)).toBe('6<0 ExecutionAborted {"error":"Enough","cause":"said the user"}');
    expect(await world.describe(arn)).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'said the user' });
    expect(world.clock.pending).toBe(0);
  });
});

describe('Map', () => {
  it('records what a time-out of all iterations does, as AWS did', async () => {
    // LocalStack recording test_service_lambda_map_timeout
    const world = new World();
    world.onInvoke = () => new Promise(() => {});
    const arn = await world.start(
      jsonpath({ MapWait: { Type: 'Map', ItemsPath: '$.Inputs', Iterator: one(task), End: true } }),
      { Inputs: [{ FunctionName: 'f' }, { FunctionName: 'f' }] },
    );
    await world.clock.advance(5_000);
    expect((await world.shape(arn)).slice(2)).toEqual([
      '3<2 MapStateStarted',
      '4<3 MapIterationStarted',
      '5<3 MapIterationStarted',
      '6<4 TaskStateEntered',
      '7<6 TaskScheduled',
      '8<5 TaskStateEntered',
      '9<8 TaskScheduled',
      '10<7 TaskStarted',
      '11<9 TaskStarted',
      '12<10 TaskTimedOut',
      '13<11 TaskTimedOut',
      '14<12 MapIterationFailed',
      '15<12 TaskStateAborted',
      '16<12 MapIterationAborted',
      '17<12 TaskStateAborted',
      '18<12 MapStateFailed',
      '19<18 ExecutionFailed',
    ]);
    expect(world.clock.pending).toBe(0);
  });

  it('runs no more iterations at once than MaxConcurrency says', async () => {
    const world = new World();
    let running = 0;
    let most = 0;
    world.onInvoke = async (_name, payload) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => world.clock.schedule(1_000, resolve));
      running--;
      return payload;
    };
    const arn = await world.start(
      jsonata({
        M: {
          Type: 'Map',
          Items: '{% [1..7] %}',
          MaxConcurrency: 3,
          ItemProcessor: one({ Type: 'Task', Resource: FUNCTION, End: true }),
          End: true,
        },
      }),
    );
    await world.clock.advance(10_000);
    expect(most).toBe(3);
    expect(await world.output(arn)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('gives each iteration its item, selected in JSONata', async () => {
    const world = new World();
    const selector = {
      index: '{% $states.context.Map.Item.Index %}',
      value: '{% $states.context.Map.Item.Value %}',
      of: '{% $states.input.of %}',
    };
    const inside = { Type: 'Pass', Output: '{% [$states.input, $states.context.Map.Item.Index] %}', End: true };
    const arn = await world.start(
      jsonata({
        M: {
          Type: 'Map',
          Items: '{% $states.input.list %}',
          ItemSelector: selector,
          ItemProcessor: one(inside),
          End: true,
        },
      }),
      { list: ['a'], of: 'all' },
    );
    expect(await world.output(arn)).toEqual([[{ index: 0, value: 'a', of: 'all' }, 0]]);
  });

  it('gives each iteration its item, selected in JSONPath', async () => {
    const world = new World();
    const arn = await world.start(
      jsonpath({
        M: {
          Type: 'Map',
          ItemsPath: '$.list',
          ItemSelector: { 'index.$': '$$.Map.Item.Index', 'value.$': '$$.Map.Item.Value', 'of.$': '$.of' },
          ItemProcessor: one(pass),
          ResultPath: '$.results',
          End: true,
        },
      }),
      { list: ['a'], of: 'all' },
    );
    expect(await world.output(arn)).toEqual({ list: ['a'], of: 'all', results: [{ index: 0, value: 'a', of: 'all' }] });
  });

  it('is retried as a whole', async () => {
    const world = new World();
    let calls = 0;
    world.onInvoke = async (_name, payload) => {
      if (++calls === 2) throw new FunctionError('Trouble');
      return payload;
    };
    const arn = await world.start(
      jsonata({
        M: {
          Type: 'Map',
          MaxConcurrency: 1,
          ItemProcessor: one({ Type: 'Task', Resource: FUNCTION, End: true }),
          Retry: [{ ErrorEquals: ['Trouble'] }],
          End: true,
        },
      }),
      [1, 2],
    );
    await world.clock.advance(1_000);
    expect(await world.output(arn)).toEqual([1, 2]);
    expect(calls).toBe(4);
  });
});

describe('variables', () => {
  const assign = (Assign: object, more: object = {}) => ({ Type: 'Pass', Assign, ...more });

  it('are as they were at the entry of a state, in its output too', async () => {
    const world = new World();
    const arn = await world.start(
      jsonata({
        A: assign({ x: 1 }, { Next: 'B' }),
        B: assign({ x: '{% $x + 1 %}', y: '{% $x %}' }, { Output: '{% $x %}', Next: 'C' }),
        C: { Type: 'Pass', Output: '{% [$states.input, $x, $y] %}', End: true },
      }),
    );
    expect(await world.output(arn)).toEqual([1, 2, 1]);
  });

  it('of the outside are read in branches; those of a branch end with it', async () => {
    const world = new World();
    const inside = {
      StartAt: 'In',
      States: {
        In: assign({ mine: '{% $x * 10 %}' }, { Next: 'Out' }),
        Out: { Type: 'Pass', Output: '{% $mine %}', End: true },
      },
    };
    const arn = await world.start(
      jsonata({
        A: assign({ x: 4 }, { Next: 'P' }),
        P: { Type: 'Parallel', Branches: [inside, inside], Assign: { sum: '{% $sum($states.result) %}' }, Next: 'C' },
        C: { Type: 'Pass', Output: '{% { "sum": $sum, "mine": $exists($mine) } %}', End: true },
      }),
    );
    expect(await world.output(arn)).toEqual({ sum: 80, mine: false });
  });

  it('may be assigned by the rule that a Choice took', async () => {
    const world = new World();
    const arn = await world.start(
      jsonata({
        C: {
          Type: 'Choice',
          Choices: [
            { Condition: '{% $states.input.n > 5 %}', Assign: { size: 'big' }, Output: 'o', Next: 'Out' },
            { Condition: '{% $states.input.n > 1 %}', Assign: { size: 'some' }, Next: 'Out' },
          ],
          Default: 'Out',
          Assign: { size: 'none' },
        },
        Out: { Type: 'Pass', Output: '{% [$size, $states.input] %}', End: true },
      }),
      { n: 3 },
    );
    expect(await world.output(arn)).toEqual(['some', { n: 3 }]);
  });

  it('are read as paths in JSONPath, in which a task assigns from its bare result', async () => {
    // LocalStack template base_assign_from_lambda_task_result
    const world = new World();
    world.onInvoke = async (_name, payload) => ({ got: payload });
    const arn = await world.start(
      jsonpath({
        A: assign({ name: 'worker', 'data.$': '$.in', seconds: 30 }, { Next: 'T' }),
        T: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          TimeoutSecondsPath: '$seconds',
          Parameters: { 'FunctionName.$': '$name', 'Payload.$': '$data.list[1]' },
          Assign: { 'result.$': '$.Payload.got' },
          ResultPath: null,
          Next: 'Out',
        },
        Out: { Type: 'Pass', Parameters: { 'all.$': "States.Format('{}-{}', $result, $name)" }, End: true },
      }),
      { in: { list: [1, 2] } },
    );
    expect(await world.output(arn)).toEqual({ all: '2-worker' });
    expect((await world.lines(arn))[4]).toContain('"timeoutInSeconds":30');
  });

  it('may not be larger than 256 KiB in one Assign', async () => {
    const world = new World();
    const big = '{% $pad("", 200000, "x") %}';
    const arn = await world.start(jsonata({ A: assign({ a: big, b: big }, { End: true }) }));
    expect(await world.describe(arn)).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });
});

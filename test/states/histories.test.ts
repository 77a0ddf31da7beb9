import { FUNCTION, FunctionError, jsonata, jsonpath, World } from './support';

/**
 * Small definitions and the events that AWS records for them. Each case names the LocalStack recording
 * (tests/aws/services/stepfunctions/v2, made on AWS) or the measurement that it was taken from.
 */
interface Case {
  name: string;
  source: string;
  definition: object;
  input?: unknown;
  /** `id<previous type` */
  events: string[];
  error?: string;
  cause?: string;
  output?: unknown;
}

const pass = { Type: 'Pass', End: true };
const fail = { Type: 'Fail', Error: 'FailureType', Cause: 'Cause description' };
const branch = (state: object) => ({ StartAt: 'Inner', States: { Inner: state } });

const CASES: Case[] = [
  {
    name: 'a Pass state',
    source: 'test_base.py::test_state_pass_result',
    definition: jsonpath({ State_1: { ...pass, Result: { Arg1: 'argument1' } } }),
    events: ['1<0 ExecutionStarted', '2<0 PassStateEntered', '3<2 PassStateExited', '4<3 ExecutionSucceeded'],
    output: { Arg1: 'argument1' },
  },
  {
    name: 'a Fail state has no exit, and a Fail without words has no words',
    source: 'test_base.py::test_state_fail_empty',
    definition: jsonpath({ FailState: { Type: 'Fail' } }),
    events: ['1<0 ExecutionStarted', '2<0 FailStateEntered', '3<2 ExecutionFailed'],
  },
  {
    name: 'an expression that fails is recorded before the state fails, as if before it was entered',
    source: 'test_assign_reference_variables.py::test_undefined_reference[BASE_UNDEFINED_OUTPUT_MULTIPLE_STATES]',
    definition: jsonata({
      State0: { Type: 'Pass', Next: 'State1' },
      State1: { Type: 'Pass', Output: { result: '{% $doesNotExist %}' }, End: true },
    }),
    events: [
      '1<0 ExecutionStarted',
      '2<0 PassStateEntered',
      '3<2 PassStateExited',
      '4<3 PassStateEntered',
      '5<3 EvaluationFailed',
      '6<5 ExecutionFailed',
    ],
    error: 'States.QueryEvaluationError',
    cause:
      "An error occurred while executing the state 'State1' (entered at the event id #4). The JSONata expression " +
      "'$doesNotExist' specified for the field 'Output/result' returned nothing (undefined).",
  },
  {
    name: 'a function that does not exist is a JSONata error with its code',
    source: 'test_math_operations_jsonata.py::test_math_random_seeded',
    definition: jsonata({ State_0: { ...pass, Output: { FunctionResult: '{% $randomSeeded($states.input.fst) %}' } } }),
    input: { fst: 1 },
    events: ['1<0 ExecutionStarted', '2<0 PassStateEntered', '3<0 EvaluationFailed', '4<3 ExecutionFailed'],
    error: 'States.QueryEvaluationError',
    cause:
      "An error occurred while executing the state 'State_0' (entered at the event id #2). The JSONata expression " +
      "'$randomSeeded($states.input.fst)' specified for the field 'Output/FunctionResult' threw an error during " +
      'evaluation. T1006: Attempted to invoke a non-function',
  },
  {
    name: 'a timestamp that is none is found after entering',
    source: 'test_base_scenarios.py::test_wait_timestamp_jsonata[NO_Z]',
    definition: jsonata({ WaitState: { Type: 'Wait', Timestamp: '{% $states.input.at %}', End: true } }),
    input: { at: '2016-12-05T21:29:29' },
    events: ['1<0 ExecutionStarted', '2<0 WaitStateEntered', '3<2 EvaluationFailed', '4<3 ExecutionFailed'],
    error: 'States.QueryEvaluationError',
    cause:
      "An error occurred while executing the state 'WaitState' (entered at the event id #2). The Timestamp field " +
      'cannot be parsed as an ISO-8601 extended offset date-time format string: 2016-12-05T21:29:29',
  },
  {
    name: 'nothing catches States.Runtime',
    source: 'test_base_scenarios.py::test_catch_states_runtime',
    definition: jsonpath({
      RaiseRuntime: {
        Type: 'Task',
        Resource: FUNCTION,
        OutputPath: '$.no.such.result.path',
        Retry: [{ ErrorEquals: ['States.ALL'] }],
        Catch: [{ ErrorEquals: ['States.Runtime'], Next: 'Caught' }],
        End: true,
      },
      Caught: pass,
    }),
    events: [
      '1<0 ExecutionStarted',
      '2<0 TaskStateEntered',
      '3<2 LambdaFunctionScheduled',
      '4<3 LambdaFunctionStarted',
      '5<4 LambdaFunctionSucceeded',
      '6<5 ExecutionFailed',
    ],
    error: 'States.Runtime',
    cause:
      "An error occurred while executing the state 'RaiseRuntime' (entered at the event id #2). " +
      "Invalid path '$.no.such.result.path' : Missing property in path $['no']",
  },
  {
    name: 'a choice that leads nowhere',
    source: 'floci pull request 3167, measured in us-east-1',
    definition: jsonpath({
      C: { Type: 'Choice', Choices: [{ Variable: '$.x', StringEquals: 'never', Next: 'Done' }] },
      Done: pass,
    }),
    input: { x: 'a' },
    events: ['1<0 ExecutionStarted', '2<0 ChoiceStateEntered', '3<2 ExecutionFailed'],
    error: 'States.Runtime',
    cause:
      "An error occurred while executing the state 'C' (entered at the event id #2). " +
      'Failed to transition out of the state. The state does not point to a next state.',
  },
  {
    name: 'a Parallel state whose branch fails',
    source: 'test_base_scenarios.py::test_parallel_state_catch',
    definition: jsonpath({
      ParallelState: {
        Type: 'Parallel',
        Branches: [branch(fail)],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'FinalCaught' }],
        End: true,
      },
      FinalCaught: pass,
    }),
    events: [
      '1<0 ExecutionStarted',
      '2<0 ParallelStateEntered',
      '3<2 ParallelStateStarted',
      '4<3 FailStateEntered',
      '5<4 ParallelStateFailed',
      '6<5 ParallelStateExited',
      '7<6 PassStateEntered',
      '8<7 PassStateExited',
      '9<8 ExecutionSucceeded',
    ],
    output: { Error: 'FailureType', Cause: 'Cause description' },
  },
  {
    name: 'a Parallel state that is retried starts again, and fails once',
    source: 'test_base_scenarios.py::test_parallel_state_retry',
    definition: jsonpath({
      ParallelState: {
        Type: 'Parallel',
        Branches: [branch(fail)],
        Retry: [{ ErrorEquals: ['FailureType'], IntervalSeconds: 1, MaxAttempts: 1 }],
        End: true,
      },
    }),
    events: [
      '1<0 ExecutionStarted',
      '2<0 ParallelStateEntered',
      '3<2 ParallelStateStarted',
      '4<3 FailStateEntered',
      '5<4 ParallelStateStarted',
      '6<5 FailStateEntered',
      '7<6 ParallelStateFailed',
      '8<7 ExecutionFailed',
    ],
    error: 'FailureType',
    cause: 'Cause description',
  },
  {
    name: "a Parallel state's own failure follows its success",
    source: 'floci pull request 3167, measured in us-east-1',
    definition: jsonpath({
      P: { Type: 'Parallel', Branches: [branch(pass)], ResultSelector: { 'm.$': '$.nope' }, End: true },
    }),
    input: { x: 'a' },
    events: [
      '1<0 ExecutionStarted',
      '2<0 ParallelStateEntered',
      '3<2 ParallelStateStarted',
      '4<3 PassStateEntered',
      '5<4 PassStateExited',
      '6<5 ParallelStateSucceeded',
      '7<6 ExecutionFailed',
    ],
    error: 'States.Runtime',
    cause:
      "An error occurred while executing the state 'P' (entered at the event id #2). The JSONPath '$.nope' specified " +
      'for the field \'m.$\' could not be found in the input \'[{"x":"a"}]\'',
  },
  {
    name: "a catcher's own failure makes the state fail twice",
    source: 'floci pull request 3167, measured in us-east-1',
    definition: jsonata({
      P: {
        Type: 'Parallel',
        Branches: [branch(fail)],
        Catch: [
          { ErrorEquals: ['Other'], Next: 'Done' },
          { ErrorEquals: ['States.ALL'], Output: { v: '{% $states.input.missing %}' }, Next: 'Done' },
        ],
        End: true,
      },
      Done: pass,
    }),
    events: [
      '1<0 ExecutionStarted',
      '2<0 ParallelStateEntered',
      '3<2 ParallelStateStarted',
      '4<3 FailStateEntered',
      '5<4 ParallelStateFailed',
      '6<4 EvaluationFailed',
      '7<6 ParallelStateFailed',
      '8<7 ExecutionFailed',
    ],
    error: 'States.QueryEvaluationError',
    cause:
      "An error occurred while executing the state 'P' (entered at the event id #2). The JSONata expression " +
      "'$states.input.missing' specified for the field 'Catch[1]/Output/v' returned nothing (undefined).",
  },
  {
    name: 'Map iterations one after the other',
    source: 'test_base_evaluate_expressions.py::test_base_map[ITEMS]',
    definition: jsonata({
      Start: { Type: 'Map', Items: '{% [1, 2] %}', MaxConcurrency: 1, ItemProcessor: branch(pass), End: true },
    }),
    events: [
      '1<0 ExecutionStarted',
      '2<0 MapStateEntered',
      '3<2 MapStateStarted',
      '4<3 MapIterationStarted',
      '5<4 PassStateEntered',
      '6<5 PassStateExited',
      '7<6 MapIterationSucceeded',
      '8<6 MapIterationStarted',
      '9<8 PassStateEntered',
      '10<9 PassStateExited',
      '11<10 MapIterationSucceeded',
      '12<11 MapStateSucceeded',
      '13<11 MapStateExited',
      '14<13 ExecutionSucceeded',
    ],
    output: [1, 2],
  },
  {
    name: 'a Map state over nothing',
    source: 'test_base_scenarios.py::test_map_state_items_eval_jsonata[empty]',
    definition: jsonata({ Start: { Type: 'Map', Items: [], ItemProcessor: branch(pass), End: true } }),
    events: [
      '1<0 ExecutionStarted',
      '2<0 MapStateEntered',
      '3<2 MapStateStarted',
      '4<3 MapStateSucceeded',
      '5<3 MapStateExited',
      '6<5 ExecutionSucceeded',
    ],
    output: [],
  },
  {
    name: 'a Map state over something that is no array',
    source: 'test_base_scenarios.py::test_map_state_items_eval_jsonata_fail[object]',
    definition: jsonata({
      MapIterateState: { Type: 'Map', Items: "{% {'foo': 'bar'} %}", ItemProcessor: branch(pass), End: true },
    }),
    events: [
      '1<0 ExecutionStarted',
      '2<0 MapStateEntered',
      '3<0 EvaluationFailed',
      '4<3 MapStateFailed',
      '5<4 ExecutionFailed',
    ],
    error: 'States.QueryEvaluationError',
    cause:
      "An error occurred while executing the state 'MapIterateState' (entered at the event id #2). The JSONata " +
      "expression '{'foo': 'bar'}' specified for the field 'Items' returned an unexpected result type. " +
      'Expected \'array\', but was \'object\' for value: {"foo":"bar"}',
  },
  {
    name: 'a Map state whose iteration fails',
    source: 'test_base_scenarios.py::test_map_state_catch',
    definition: jsonpath({
      MapState: {
        Type: 'Map',
        MaxConcurrency: 1,
        ItemProcessor: branch(fail),
        Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'FinalCaught' }],
        End: true,
      },
      FinalCaught: pass,
    }),
    input: [1, 2],
    events: [
      '1<0 ExecutionStarted',
      '2<0 MapStateEntered',
      '3<2 MapStateStarted',
      '4<3 MapIterationStarted',
      '5<4 FailStateEntered',
      '6<5 MapIterationFailed',
      '7<5 MapStateFailed',
      '8<7 MapStateExited',
      '9<8 PassStateEntered',
      '10<9 PassStateExited',
      '11<10 ExecutionSucceeded',
    ],
    output: { Error: 'FailureType', Cause: 'Cause description' },
  },
];

describe('the history that AWS records', () => {
  it.each(CASES)('$name', async ({ definition, input, events, error, cause, output }) => {
    const world = new World();
    const arn = await world.start(definition, input ?? {});
    await world.clock.advance(60_000);
    expect(await world.shape(arn)).toEqual(events);
    const description = await world.describe(arn);
    expect({ error: description.error, cause: description.cause }).toEqual({ error, cause });
    if (output !== undefined) expect(JSON.parse(description.output ?? 'null')).toEqual(output);
    expect(world.clock.pending).toBe(0);
  });

  it('shows the input as it was written, until a state changes it', async () => {
    // test_base_scenarios.py::test_parallel_state_nested
    const world = new World();
    const arn = await world.start(
      jsonpath({ P: { Type: 'Parallel', Branches: [branch(pass)], End: true } }),
      '[[1, 2]]',
    );
    expect((await world.describe(arn)).output).toBe('[[[1, 2]]]');
  });

  it('repeats the scheduling of a task that is retried, without entering it again', async () => {
    // test_base_scenarios.py::test_retry_interval_features
    const world = new World();
    world.onInvoke = async () => {
      throw new FunctionError('Exception');
    };
    const arn = await world.start(
      jsonpath({
        LambdaTask: {
          Type: 'Task',
          Resource: FUNCTION,
          Retry: [{ ErrorEquals: ['Exception'], MaxAttempts: 1 }],
          End: true,
        },
      }),
    );
    await world.clock.advance(1_000);
    expect((await world.shape(arn)).slice(2)).toEqual([
      '3<2 LambdaFunctionScheduled',
      '4<3 LambdaFunctionStarted',
      '5<4 LambdaFunctionFailed',
      '6<5 LambdaFunctionScheduled',
      '7<6 LambdaFunctionStarted',
      '8<7 LambdaFunctionFailed',
      '9<8 ExecutionFailed',
    ]);
  });

  it('ends at 25,000 events with the failure itself as the last', async () => {
    // floci issue 2734, measured in us-east-1
    const world = new World();
    const arn = await world.start(
      jsonpath({
        Loop: { Type: 'Choice', Choices: [{ Variable: '$.spin', BooleanEquals: false, Next: 'Out' }], Default: 'Loop' },
        Out: { Type: 'Succeed' },
      }),
      { spin: true },
    );
    for (let turn = 0; turn < 1_000 && (await world.describe(arn)).status === 'RUNNING'; turn++)
      await world.clock.settle();
    const { events } = await world.call('GetExecutionHistory', {
      executionArn: arn,
      reverseOrder: true,
      maxResults: 2,
    });
    expect(events).toMatchObject([
      {
        id: 25_000,
        previousEventId: 24_999,
        type: 'ExecutionFailed',
        executionFailedEventDetails: {
          error: 'States.Runtime',
          cause: 'The execution reached the maximum number of history events (25000).',
        },
      },
      { id: 24_999, type: 'ChoiceStateExited' },
    ]);
  });
});

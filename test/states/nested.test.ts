import { jsonata, jsonpath, ROLE, World } from './support';

/** A world whose API calls to Step Functions reach the service itself, with a machine to start. */
async function nested(child: object) {
  const world = new World();
  world.onDispatch = ({ operation, input }) => world.call(operation, input);
  const { stateMachineArn } = await world.call('CreateStateMachine', {
    name: 'child',
    definition: JSON.stringify(child),
    roleArn: ROLE,
  });
  const start = (pattern: string, more: object = {}) =>
    world.start(
      jsonata({
        StartExecution: {
          Type: 'Task',
          Resource: `arn:aws:states:::states:startExecution${pattern}`,
          Arguments: { StateMachineArn: stateMachineArn, Name: 'target', Input: '{% $states.input %}' },
          End: true,
          ...more,
        },
      }),
      { a: 1 },
    );
  return { world, start, childArn: `${stateMachineArn.replace(':stateMachine:', ':execution:')}:target` };
}

const waiting = jsonpath({ W: { Type: 'Wait', Seconds: 60, Next: 'P' }, P: { Type: 'Pass', End: true } });

describe('states:startExecution', () => {
  it('starts another execution and goes on', async () => {
    // LocalStack recording test_sfn_task_service.py::test_start_execution_input_json
    const { world, start, childArn } = await nested(waiting);
    const arn = await start('');
    expect(await world.output(arn)).toMatchObject({ ExecutionArn: childArn, StartDate: world.clock.now() });
    expect(await world.describe(childArn)).toMatchObject({ status: 'RUNNING', input: '{"a":1}' });
  });

  it.each([
    { pattern: '.sync', Input: '{"a":1}', Output: '{"a":1}' },
    { pattern: '.sync:2', Input: { a: 1 }, Output: { a: 1 } },
  ])('waits for its end with $pattern', async ({ pattern, Input, Output }) => {
    // LocalStack recordings test_start_execution_sync and test_start_execution_sync2
    const { world, start, childArn } = await nested(waiting);
    const arn = await start(pattern);
    expect((await world.shape(arn)).at(-1)).toBe('5<4 TaskSubmitted');
    await world.clock.advance(60_000);
    expect(await world.output(arn)).toEqual({
      ExecutionArn: childArn,
      StateMachineArn: expect.stringMatching(/:stateMachine:child$/),
      Name: 'target',
      Status: 'SUCCEEDED',
      StartDate: world.clock.now() - 60_000,
      StopDate: world.clock.now(),
      Input,
      InputDetails: { Included: true },
      Output,
      OutputDetails: { Included: true },
    });
  });

  it('may be answered for by its token', async () => {
    // LocalStack recording test_sync_with_task_token
    const { world, start, childArn } = await nested(waiting);
    const Arguments = {
      StateMachineArn: 'arn:aws:states:us-east-1:111111111111:stateMachine:child',
      Name: 'target',
      Input: { token: '{% $states.context.Task.Token %}' },
    };
    const arn = await start('.sync', { Arguments });
    const { token } = JSON.parse((await world.describe(childArn)).input ?? '{}');
    await world.call('SendTaskSuccess', { taskToken: token, output: '"answered"' });
    await world.clock.settle();
    expect(await world.output(arn)).toBe('answered');
  });

  it('is stopped when the execution that waits for it is', async () => {
    // floci, AslExecutorParallelCutTest, measured on AWS
    const { world, start, childArn } = await nested(waiting);
    const arn = await start('.sync');
    await world.call('StopExecution', { executionArn: arn });
    await world.clock.settle();
    expect(await world.describe(childArn)).toMatchObject({
      status: 'ABORTED',
      cause: `The Task state in AWS Step Functions execution [${arn}] which was managing this resource was aborted`,
    });
    expect(world.clock.pending).toBe(0);
  });

  it('fails when it fails, with its description as the cause', async () => {
    // LocalStack recording test_start_execution_sync_delegate_failure
    const { world, start } = await nested(jsonpath({ F: { Type: 'Fail', Error: 'SomeFailure', Cause: 'why' } }));
    const { error, cause } = await world.describe(await start('.sync'));
    expect(error).toBe('States.TaskFailed');
    expect(JSON.parse(cause ?? '')).toMatchObject({
      Status: 'FAILED',
      Error: 'SomeFailure',
      Cause: 'why',
      Name: 'target',
    });
  });

  it('names the errors of the call itself', async () => {
    // LocalStack recording test_start_execution_no_such_arn
    const { world, start } = await nested(waiting);
    const arn = await start('', {
      Arguments: { StateMachineArn: 'arn:aws:states:us-east-1:111111111111:stateMachine:none' },
    });
    expect(await world.describe(arn)).toMatchObject({
      error: 'StepFunctions.StateMachineDoesNotExistException',
      cause: expect.stringContaining(
        '(Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist;',
      ),
    });
  });
});

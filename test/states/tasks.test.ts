import { AwsError } from '../../local/service';
import { FUNCTION, FunctionError, jsonata, World } from './support';

const callback = (more: object = {}) =>
  jsonata({
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
      Output: '{% $states.result %}',
      End: true,
      ...more,
    },
  });

describe('a task that invokes a function', () => {
  const invoke = (more: object = {}) =>
    jsonata({
      Work: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'worker', Payload: '{% $states.input %}' },
        Output: '{% $states.result.Payload %}',
        End: true,
        ...more,
      },
    });

  it('records the events of an optimized integration', async () => {
    // LocalStack recording test_base_task[TIMEOUT_SECONDS]
    const world = new World();
    world.onInvoke = async () => ({ done: true });
    const arn = await world.start(invoke({ TimeoutSeconds: 60 }), { n: 1 });
    const lines = await world.lines(arn);
    expect(lines.slice(2, 4)).toEqual([
      '3<2 TaskScheduled {"resourceType":"lambda","resource":"invoke","region":"us-east-1","parameters":"{\\"FunctionName\\":\\"worker\\",\\"Payload\\":{\\"n\\":1}}","timeoutInSeconds":60}',
      '4<3 TaskStarted {"resourceType":"lambda","resource":"invoke"}',
    ]);
    expect(await world.shape(arn)).toEqual([
      '1<0 ExecutionStarted',
      '2<0 TaskStateEntered',
      '3<2 TaskScheduled',
      '4<3 TaskStarted',
      '5<4 TaskSucceeded',
      '6<5 TaskStateExited',
      '7<6 ExecutionSucceeded',
    ]);
    expect(await world.output(arn)).toEqual({ done: true });
    expect(world.clock.pending).toBe(0);
  });

  it('records the events of a plain function ARN, and hands on the bare answer', async () => {
    // LocalStack recording test_lambda_empty_retry
    const world = new World();
    const arn = await world.start(jsonata({ Work: { Type: 'Task', Resource: FUNCTION, End: true } }), { n: 1 });
    expect((await world.lines(arn)).slice(2, 5)).toEqual([
      `3<2 LambdaFunctionScheduled {"resource":"${FUNCTION}","input":"{\\"n\\":1}","inputDetails":{"truncated":false}}`,
      '4<3 LambdaFunctionStarted',
      '5<4 LambdaFunctionSucceeded {"output":"{\\"n\\":1}","outputDetails":{"truncated":false}}',
    ]);
  });

  it("names a function's error by its type and gives the payload as the cause", async () => {
    const world = new World();
    world.onInvoke = async () => {
      throw new FunctionError('CapacityUnavailable', 'none');
    };
    const arn = await world.start(invoke());
    expect(await world.describe(arn)).toMatchObject({
      status: 'FAILED',
      error: 'CapacityUnavailable',
      cause: '{"errorType":"CapacityUnavailable","errorMessage":"none","trace":[]}',
    });
  });

  it('names a service error as the SDK for Java does', async () => {
    // LocalStack recording test_no_such_function
    const world = new World();
    world.onInvoke = async () => {
      throw new AwsError('ResourceNotFoundException', 'Function not found: worker', { statusCode: 404 });
    };
    const arn = await world.start(invoke());
    expect(await world.describe(arn)).toMatchObject({
      error: 'Lambda.ResourceNotFoundException',
      cause: expect.stringMatching(
        /^Function not found: worker \(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: id-\d+; Proxy: null\)$/,
      ),
    });
  });

  it.each([
    ['TooManyRequestsException', 'Lambda.TooManyRequestsException'],
    ['ServiceException', 'Lambda.ServiceException'],
    ['AccessDeniedException', 'Lambda.AWSLambdaException'],
  ])('gives %s the name that state machines retry: %s', async (code, error) => {
    const world = new World();
    world.onInvoke = async () => {
      throw new AwsError(code, 'No.');
    };
    expect(await world.describe(await world.start(invoke()))).toMatchObject({ error });
  });

  it('calls a failure without a type Lambda.Unknown', async () => {
    const world = new World();
    world.onInvoke = async () => {
      throw new FunctionError(undefined, 'Process exited');
    };
    expect(await world.describe(await world.start(invoke()))).toMatchObject({
      error: 'Lambda.Unknown',
      cause:
        'The cause could not be determined because Lambda did not return an error type. ' +
        'Returned payload: {"errorMessage":"Process exited","trace":[]}',
    });
  });

  it('times out as States.Timeout without a cause', async () => {
    // LocalStack recording test_fixed_timeout_service_lambda
    const world = new World();
    world.onInvoke = () => new Promise(() => {});
    const arn = await world.start(invoke({ TimeoutSeconds: 5 }));
    await world.clock.advance(4_999);
    expect((await world.describe(arn)).status).toBe('RUNNING');
    await world.clock.advance(1);
    expect((await world.lines(arn)).slice(4)).toEqual([
      '5<4 TaskTimedOut {"resourceType":"lambda","resource":"invoke","error":"States.Timeout"}',
      '6<5 ExecutionFailed {"error":"States.Timeout"}',
    ]);
    expect(world.clock.pending).toBe(0);
  });
});

describe('a task that waits for its token', () => {
  async function asked(world: World, more: object = {}) {
    let token = '';
    world.onInvoke = async (_name, payload) => {
      token = (payload as { token: string }).token;
      return {};
    };
    const arn = await world.start(callback(more));
    return { arn, token: () => token };
  }

  it('goes on with the output that is sent', async () => {
    // LocalStack recording test_sqs_wait_for_task_token
    const world = new World();
    const { arn, token } = await asked(world);
    await world.clock.advance(3_600_000);
    await world.call('SendTaskSuccess', { taskToken: token(), output: '{"ok":true}' });
    await world.clock.settle();
    expect(await world.shape(arn)).toEqual([
      '1<0 ExecutionStarted',
      '2<0 TaskStateEntered',
      '3<2 TaskScheduled',
      '4<3 TaskStarted',
      '5<4 TaskSubmitted',
      '6<5 TaskSucceeded',
      '7<6 TaskStateExited',
      '8<7 ExecutionSucceeded',
    ]);
    expect(await world.output(arn)).toEqual({ ok: true });
  });

  it('fails with the error that is sent, and with nulls when none is', async () => {
    // LocalStack recordings test_sqs_failure_in_wait_for_task_token and …_no_error_field
    const world = new World();
    const catching = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught', Output: '{% $states.errorOutput %}' }] };
    let token = '';
    world.onInvoke = async (_name, payload) => {
      token = (payload as { token: string }).token;
      return {};
    };
    const definition = callback(catching) as { States: Record<string, object> };
    const arn = await world.start({ ...definition, States: { ...definition.States, Caught: { Type: 'Succeed' } } });
    await world.call('SendTaskFailure', { taskToken: token });
    await world.clock.settle();
    expect(await world.output(arn)).toEqual({ Error: null, Cause: null });
    expect((await world.lines(arn))[5]).toBe(
      '6<5 TaskFailed {"resourceType":"lambda","resource":"invoke.waitForTaskToken"}',
    );
  });

  it('records a missed heartbeat as a time-out, and each heartbeat puts it off', async () => {
    // LocalStack recording test_heartbeat_timeout
    const world = new World();
    const { arn, token } = await asked(world, { HeartbeatSeconds: 60, TimeoutSeconds: 600 });
    await world.clock.advance(50_000);
    await world.call('SendTaskHeartbeat', { taskToken: token() });
    await world.clock.advance(50_000);
    expect((await world.describe(arn)).status).toBe('RUNNING');
    await world.clock.advance(10_000);
    expect((await world.lines(arn)).slice(5)).toEqual([
      '6<5 TaskTimedOut {"resourceType":"lambda","resource":"invoke.waitForTaskToken","error":"States.Timeout"}',
      '7<6 ExecutionFailed {"error":"States.Timeout"}',
    ]);
  });

  it('may be answered before the call that carried the token returns', async () => {
    const world = new World();
    world.onInvoke = async (_name, payload) => {
      await world.call('SendTaskSuccess', { taskToken: (payload as { token: string }).token, output: '1' });
      return {};
    };
    const arn = await world.start(callback());
    expect(await world.output(arn)).toBe(1);
  });

  it('accepts one answer only, and tells strangers from the late', async () => {
    const world = new World();
    const { arn, token } = await asked(world);
    await world.call('SendTaskSuccess', { taskToken: token(), output: '1' });
    for (const [operation, more] of Object.entries({
      SendTaskSuccess: { output: '1' },
      SendTaskFailure: {},
      SendTaskHeartbeat: {},
    })) {
      await expect(world.call(operation, { taskToken: token(), ...more })).rejects.toMatchObject({
        name: 'TaskTimedOut',
        message: "Task Timed Out: 'Provided task does not exist anymore'",
      });
    }
    await expect(world.call('SendTaskHeartbeat', { taskToken: 'stranger' })).rejects.toMatchObject({
      name: 'InvalidToken',
      message: "Invalid Token: 'Invalid token'",
    });
    await world.clock.settle();
    expect(await world.output(arn)).toBe(1);
  });

  it('refuses an output that is not JSON', async () => {
    const world = new World();
    const { token } = await asked(world);
    await expect(world.call('SendTaskSuccess', { taskToken: token(), output: 'nope' })).rejects.toMatchObject({
      name: 'InvalidOutput',
    });
  });

  it('has a dead token after its execution is stopped', async () => {
    const world = new World();
    const { arn, token } = await asked(world);
    await world.call('StopExecution', { executionArn: arn });
    await expect(world.call('SendTaskHeartbeat', { taskToken: token() })).rejects.toMatchObject({
      name: 'TaskTimedOut',
    });
    await world.clock.settle();
    expect(world.clock.pending).toBe(0);
  });
});

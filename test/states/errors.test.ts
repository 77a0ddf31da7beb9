import { AwsError } from '../../local/service';
import { FUNCTION, FunctionError, jsonata, jsonpath, World } from './support';

const done = { Type: 'Succeed' };
const work = (more: object) => ({ Type: 'Task', Resource: FUNCTION, End: true, ...more });

/** A function that fails `times` times with `error`, then answers. */
function failing(world: World, error: string, times = Number.POSITIVE_INFINITY) {
  const calledAtMs: number[] = [];
  world.onInvoke = async () => {
    calledAtMs.push(world.clock.now());
    if (calledAtMs.length <= times) throw new FunctionError(error);
    return 'done';
  };
  return { gapsSeconds: () => calledAtMs.slice(1).map((at, index) => (at - (calledAtMs[index] ?? 0)) / 1000) };
}

describe('Retry', () => {
  it('waits 1, 2, 4 s by default and gives up after three retries', async () => {
    const world = new World();
    const { gapsSeconds } = failing(world, 'Trouble');
    const arn = await world.start(jsonata({ W: work({ Retry: [{ ErrorEquals: ['States.ALL'] }] }) }));
    await world.clock.advance(3_600_000);
    expect(gapsSeconds()).toEqual([1, 2, 4]);
    expect(await world.describe(arn)).toMatchObject({ status: 'FAILED', error: 'Trouble' });
  });

  it('honours interval, rate and the longest delay', async () => {
    const world = new World();
    const { gapsSeconds } = failing(world, 'Trouble');
    const retry = {
      ErrorEquals: ['Trouble'],
      IntervalSeconds: 3,
      BackoffRate: 1.5,
      MaxDelaySeconds: 6,
      MaxAttempts: 4,
    };
    await world.start(jsonata({ W: work({ Retry: [retry] }) }));
    await world.clock.advance(3_600_000);
    expect(gapsSeconds()).toEqual([3, 4.5, 6, 6]);
  });

  it('takes a random part of the delay with full jitter', async () => {
    const world = new World();
    world.random = 0.25;
    const { gapsSeconds } = failing(world, 'Trouble', 2);
    const retry = { ErrorEquals: ['Trouble'], IntervalSeconds: 10, JitterStrategy: 'FULL' };
    const arn = await world.start(jsonata({ W: work({ Retry: [retry] }) }));
    await world.clock.advance(3_600_000);
    expect(gapsSeconds()).toEqual([2.5, 5]);
    expect(await world.output(arn)).toBe('done');
  });

  it('counts each retrier for itself, and never retries with MaxAttempts 0', async () => {
    const world = new World();
    const errors = ['A', 'B', 'A', 'C'];
    world.onInvoke = async () => {
      throw new FunctionError(errors.shift() ?? 'none');
    };
    const arn = await world.start(
      jsonata({
        W: work({
          Retry: [
            { ErrorEquals: ['A'], MaxAttempts: 2 },
            { ErrorEquals: ['C'], MaxAttempts: 0 },
            { ErrorEquals: ['States.ALL'], MaxAttempts: 1 },
          ],
        }),
      }),
    );
    await world.clock.advance(60_000);
    expect(await world.describe(arn)).toMatchObject({ error: 'C' });
  });

  it('shows the count in the context object and evaluates the arguments anew', async () => {
    const world = new World();
    const counts: unknown[] = [];
    world.onInvoke = async (_name, payload) => {
      counts.push(payload);
      throw new FunctionError('Trouble');
    };
    const retry = { ErrorEquals: ['Trouble'], MaxAttempts: 2 };
    await world.start(jsonata({ W: work({ Arguments: '{% $states.context.State.RetryCount %}', Retry: [retry] }) }));
    await world.clock.advance(60_000);
    expect(counts).toEqual([0, 1, 2]);
  });
});

describe('Catch', () => {
  const caught = (names: string[], more: object = {}) =>
    jsonata({ W: work({ Catch: [{ ErrorEquals: names, Next: 'Caught' }], ...more }), Caught: done });

  it.each([
    { error: 'Trouble', names: ['States.TaskFailed'], isCaught: true },
    { error: 'Trouble', names: ['States.ALL'], isCaught: true },
    { error: 'Trouble', names: ['Other', 'Trouble'], isCaught: true },
    { error: 'Trouble', names: ['States.Timeout'], isCaught: false },
  ])('$names and $error: $isCaught', async ({ error, names, isCaught }) => {
    const world = new World();
    failing(world, error);
    const arn = await world.start(caught(names));
    expect((await world.describe(arn)).status).toBe(isCaught ? 'SUCCEEDED' : 'FAILED');
  });

  it.each([
    { names: ['States.TaskFailed'], isCaught: false },
    { names: ['States.Timeout'], isCaught: true },
    { names: ['States.ALL'], isCaught: true },
  ])('a time-out and $names: $isCaught', async ({ names, isCaught }) => {
    const world = new World();
    world.onInvoke = () => new Promise(() => {});
    const arn = await world.start(caught(names, { TimeoutSeconds: 3 }));
    await world.clock.advance(3_000);
    expect((await world.describe(arn)).status).toBe(isCaught ? 'SUCCEEDED' : 'FAILED');
  });

  it('hands a time-out on with an empty cause', async () => {
    // LocalStack recording test_task_service_lambda.py::test_invoke_timeout
    const world = new World();
    world.onInvoke = () => new Promise(() => {});
    const arn = await world.start(caught(['States.ALL'], { TimeoutSeconds: 3 }));
    await world.clock.advance(3_000);
    expect(await world.output(arn)).toEqual({ Error: 'States.Timeout', Cause: '' });
  });

  it('tells a missed heartbeat from a time-out only by States.HeartbeatTimeout', async () => {
    const world = new World();
    const definition = (names: string[]) =>
      jsonata({
        W: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          Arguments: { FunctionName: 'ask', Payload: '{% $states.context.Task.Token %}' },
          HeartbeatSeconds: 5,
          TimeoutSeconds: 60,
          Catch: [{ ErrorEquals: names, Output: '{% $states.errorOutput.Error %}', Next: 'Caught' }],
          End: true,
        },
        Caught: done,
      });
    for (const [index, names] of [['States.HeartbeatTimeout'], ['States.Timeout']].entries()) {
      const arn = await world.start(definition(names), {}, `machine-${index}`);
      await world.clock.advance(5_000);
      expect(await world.output(arn)).toBe('States.Timeout');
    }
  });

  it('assigns variables of the outer scope and forms its output from the error', async () => {
    const world = new World();
    failing(world, 'Trouble');
    const arn = await world.start(
      jsonata({
        W: work({
          Catch: [
            {
              ErrorEquals: ['States.ALL'],
              Assign: { why: '{% $states.errorOutput.Error %}', given: '{% $states.input.n %}' },
              Output: { kept: '{% $states.input.n %}' },
              Next: 'Caught',
            },
          ],
        }),
        Caught: { Type: 'Pass', Output: '{% { "why": $why, "given": $given, "input": $states.input } %}', End: true },
      }),
      { n: 7 },
    );
    expect(await world.output(arn)).toEqual({ why: 'Trouble', given: 7, input: { kept: 7 } });
    const exited = (await world.history(arn)).find((event) => event.type === 'TaskStateExited');
    expect(exited?.stateExitedEventDetails).toMatchObject({
      assignedVariables: { why: '"Trouble"', given: '7' },
      assignedVariablesDetails: { truncated: false },
    });
  });

  it('puts the error where ResultPath says in JSONPath', async () => {
    const world = new World();
    failing(world, 'Trouble');
    const arn = await world.start(
      jsonpath({
        W: work({ Catch: [{ ErrorEquals: ['Trouble'], ResultPath: '$.failure', Next: 'Caught' }] }),
        Caught: { ...done, OutputPath: '$.failure.Error' },
      }),
      { n: 7 },
    );
    expect(await world.output(arn)).toBe('Trouble');
  });
});

describe('limits', () => {
  it('fails a task whose result is too large, catchably', async () => {
    // LocalStack recording test_task_lambda_catch_state_all_data_limit_exceeded_on_large_utf8_response
    const world = new World();
    world.onInvoke = async () => 'x'.repeat(262_143);
    const arn = await world.start(
      jsonata({ W: work({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] }), Caught: done }),
    );
    expect(await world.output(arn)).toEqual({
      Error: 'States.DataLimitExceeded',
      Cause: `The state/task '${FUNCTION}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    });
  });

  it('fails an execution whose state makes too large an output', async () => {
    // LocalStack recording test_start_large_input
    const world = new World();
    const arn = await world.start(jsonata({ S: { Type: 'Pass', Output: '{% $pad("", 262143, "x") %}', End: true } }));
    expect(await world.describe(arn)).toMatchObject({
      error: 'States.DataLimitExceeded',
      cause: "The state/task 'S' returned a result with a size exceeding the maximum number of bytes service limit.",
    });
  });

  it("ends an execution at the machine's own time-out, past every Catch", async () => {
    // floci issue 2733, measured in us-east-1
    const world = new World();
    world.onInvoke = () => new Promise(() => {});
    const arn = await world.start(
      jsonata({ W: work({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }] }), C: done }, { TimeoutSeconds: 30 }),
    );
    await world.clock.advance(30_000);
    const description = await world.describe(arn);
    expect(description).toMatchObject({ status: 'TIMED_OUT', redriveStatus: 'REDRIVABLE' });
    expect(description).not.toHaveProperty('error');
    expect(description.stopDate?.getTime()).toBe((description.startDate?.getTime() ?? 0) + 30_000);
    expect((await world.lines(arn)).at(-1)).toBe('5<0 ExecutionTimedOut {"error":"States.Timeout"}');
    expect(world.clock.pending).toBe(0);
  });
});

describe('service integrations', () => {
  const call = (resource: string, args: object) =>
    jsonata({ S: { Type: 'Task', Resource: `arn:aws:states:::${resource}`, Arguments: args, End: true } });

  it('calls the API as the role of the state machine', async () => {
    const world = new World();
    world.onDispatch = async () => ({ InstanceStatuses: [], $metadata: {} });
    const arn = await world.start(call('aws-sdk:ec2:describeInstanceStatus', { InstanceIds: ['i-1'] }));
    expect(await world.output(arn)).toEqual({ InstanceStatuses: [] });
    expect(world.dispatched).toMatchObject([
      {
        serviceId: 'ec2',
        operation: 'DescribeInstanceStatus',
        input: { InstanceIds: ['i-1'] },
        context: { caller: { roleName: 'states-role', arn: 'arn:aws:sts::111111111111:assumed-role/states-role/run' } },
      },
    ]);
  });

  it('names errors of aws-sdk integrations by the service and the exception', async () => {
    // LocalStack recording test_sfn_send_task_outcome_with_no_such_token
    const world = new World();
    world.onDispatch = async () => {
      throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    };
    const arn = await world.start(call('aws-sdk:sfn:sendTaskSuccess', { TaskToken: 'x', Output: { a: 1 } }));
    expect(world.dispatched[0]?.input).toEqual({ taskToken: 'x', output: '{"a":1}' });
    expect(await world.describe(arn)).toMatchObject({
      error: 'Sfn.InvalidTokenException',
      cause: expect.stringMatching(
        /^Invalid Token: 'Invalid token' \(Service: Sfn, Status Code: 400, Request ID: id-\d+\) \(SDK Attempt Count: 1\)$/,
      ),
    });
  });

  it('names every EC2 error Ec2.Ec2Exception, because its model names none', async () => {
    const world = new World();
    world.onDispatch = async () => {
      throw new AwsError('InvalidInstanceID.NotFound', 'The instance ID does not exist');
    };
    const arn = await world.start(call('aws-sdk:ec2:terminateInstances', { InstanceIds: ['i-1'] }));
    expect(await world.describe(arn)).toMatchObject({ error: 'Ec2.Ec2Exception' });
  });

  it('sends objects as JSON text where a service takes text', async () => {
    const world = new World();
    await world.start(call('sqs:sendMessage', { QueueUrl: 'q', MessageBody: { a: 1 } }));
    await world.start(call('events:putEvents', { Entries: [{ Source: 's', Detail: { a: 1 } }] }), {}, 'second');
    expect(world.dispatched.map(({ input }) => input)).toEqual([
      { QueueUrl: 'q', MessageBody: '{"a":1}' },
      { Entries: [{ Source: 's', Detail: '{"a":1}' }] },
    ]);
  });

  it('fails putEvents when an entry fails', async () => {
    // LocalStack recording test_put_events_malformed_detail
    const world = new World();
    world.onDispatch = async () => ({ Entries: [{ ErrorCode: 'MalformedDetail' }], FailedEntryCount: 1 });
    const arn = await world.start(call('events:putEvents', { Entries: [{}] }));
    expect(await world.describe(arn)).toMatchObject({
      error: 'EventBridge.FailedEntry',
      cause: '{"Entries":[{"ErrorCode":"MalformedDetail"}],"FailedEntryCount":1}',
    });
  });
});

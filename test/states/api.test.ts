import { jsonata, jsonpath, ROLE, World } from './support';

const PASS = jsonpath({ State_1: { Type: 'Pass', End: true } });
const WAIT = jsonpath({ State_1: { Type: 'Wait', Seconds: 60, End: true } });

async function created(world: World, definition: object = PASS, name = 'machine'): Promise<string> {
  const input = { name, definition: JSON.stringify(definition), roleArn: ROLE };
  return (await world.call('CreateStateMachine', input)).stateMachineArn;
}

describe('state machines', () => {
  it('are described as they were created', async () => {
    // LocalStack recording test_create_exact_duplicate_sm
    const world = new World();
    const stateMachineArn = await created(world);
    expect(stateMachineArn).toBe('arn:aws:states:us-east-1:111111111111:stateMachine:machine');
    expect(await world.call('DescribeStateMachine', { stateMachineArn })).toEqual({
      stateMachineArn,
      name: 'machine',
      status: 'ACTIVE',
      type: 'STANDARD',
      definition: JSON.stringify(PASS),
      roleArn: ROLE,
      creationDate: new Date(world.clock.now()),
      loggingConfiguration: { level: 'OFF', includeExecutionData: false },
      tracingConfiguration: { enabled: false },
    });
  });

  it('may be created twice alike, but not twice differently', async () => {
    const world = new World();
    const arn = await created(world);
    expect(await created(world)).toBe(arn);
    await expect(created(world, WAIT)).rejects.toMatchObject({
      name: 'StateMachineAlreadyExists',
      message: `State Machine Already Exists: '${arn}'`,
    });
  });

  it('log to exactly one place, when they log', async () => {
    // LocalStack recording test_invalid_logging_configuration
    const world = new World();
    const input = {
      name: 'm',
      definition: JSON.stringify(PASS),
      roleArn: ROLE,
      loggingConfiguration: { level: 'ALL' },
    };
    await expect(world.call('CreateStateMachine', input)).rejects.toMatchObject({
      name: 'InvalidLoggingConfiguration',
      message: 'Invalid Logging Configuration: Must specify exactly one Log Destination.',
    });
  });

  it('are updated for the executions to come', async () => {
    const world = new World();
    const stateMachineArn = await created(world, WAIT);
    const { executionArn } = await world.call('StartExecution', { stateMachineArn });
    const update = await world.call('UpdateStateMachine', { stateMachineArn, definition: JSON.stringify(PASS) });
    expect(update).toMatchObject({ updateDate: expect.any(Date), revisionId: expect.any(String) });
    expect(await world.call('DescribeStateMachine', { stateMachineArn })).toMatchObject({
      definition: JSON.stringify(PASS),
      revisionId: update.revisionId,
    });
    expect(await world.call('DescribeStateMachineForExecution', { executionArn })).toMatchObject({
      definition: JSON.stringify(WAIT),
    });
    await expect(world.call('UpdateStateMachine', { stateMachineArn })).rejects.toMatchObject({
      name: 'MissingRequiredParameter',
    });
  });

  it('are listed by name, page by page, and deleted without complaint', async () => {
    const world = new World();
    for (const name of ['c', 'a', 'b']) await created(world, PASS, name);
    const first = await world.call('ListStateMachines', { maxResults: 2 });
    expect(first.stateMachines.map(({ name }: { name: string }) => name)).toEqual(['a', 'b']);
    const second = await world.call('ListStateMachines', { maxResults: 2, nextToken: first.nextToken });
    expect(second.stateMachines).toHaveLength(1);
    expect(second.nextToken).toBeUndefined();
    const { stateMachineArn } = second.stateMachines[0];
    await world.call('DeleteStateMachine', { stateMachineArn });
    await world.call('DeleteStateMachine', { stateMachineArn });
    await expect(world.call('DescribeStateMachine', { stateMachineArn })).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
      message: `State Machine Does Not Exist: '${stateMachineArn}'`,
    });
  });

  it('carry tags', async () => {
    const world = new World();
    const resourceArn = await created(world);
    await world.call('TagResource', {
      resourceArn,
      tags: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ],
    });
    await world.call('UntagResource', { resourceArn, tagKeys: ['a'] });
    expect(await world.call('ListTagsForResource', { resourceArn })).toEqual({ tags: [{ key: 'b', value: '2' }] });
  });

  it('refuse what the local cloud cannot run, loudly', async () => {
    const world = new World();
    const definition = JSON.stringify(PASS);
    const express = { name: 'x', definition, roleArn: ROLE, type: 'EXPRESS' };
    await expect(world.call('CreateStateMachine', express)).rejects.toMatchObject({ name: 'LocalUnsupported' });
    await expect(
      created(world, jsonpath({ T: { Type: 'Task', Resource: 'arn:aws:states:::ecs:runTask.sync', End: true } })),
    ).rejects.toMatchObject({ name: 'LocalUnsupported', message: expect.stringContaining('ecs:runTask.sync') });
  });
});

describe('StartExecution', () => {
  it('is idempotent for the same name and input while the execution runs', async () => {
    // LocalStack recording test_start_execution_idempotent
    const world = new World();
    const stateMachineArn = await created(world, WAIT);
    const start = (input: string) => world.call('StartExecution', { stateMachineArn, name: 'one', input });
    const first = await start('{"a":1}');
    expect(await start('{"a":1}')).toEqual(first);
    const exists = {
      name: 'ExecutionAlreadyExists',
      message: `Execution Already Exists: '${first.executionArn}'`,
    };
    await expect(start('{"a":2}')).rejects.toMatchObject(exists);
    await world.call('StopExecution', { executionArn: first.executionArn });
    await expect(start('{"a":1}')).rejects.toMatchObject(exists);
    expect(world.events.filter(({ detail }) => (detail as { status: string }).status === 'RUNNING')).toHaveLength(1);
  });

  it.each([
    // LocalStack recording test_invalid_start_execution_input
    [
      'not some json',
      "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
    ],
    ["{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"],
  ])('refuses input that is not JSON: %s', async (input, problem) => {
    const world = new World();
    const stateMachineArn = await created(world);
    await expect(world.call('StartExecution', { stateMachineArn, input })).rejects.toMatchObject({
      name: 'InvalidExecutionInput',
      message: `Invalid State Machine Execution Input: '${problem}'`,
    });
  });

  it('refuses bad names and unknown machines', async () => {
    const world = new World();
    const stateMachineArn = await created(world);
    await expect(world.call('StartExecution', { stateMachineArn, name: 'a b' })).rejects.toMatchObject({
      name: 'InvalidName',
    });
    await expect(world.call('StartExecution', { stateMachineArn: `${stateMachineArn}x` })).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
    await expect(world.call('StartExecution', { stateMachineArn: 'nonsense' })).rejects.toMatchObject({
      name: 'InvalidArn',
      message: "Invalid Arn: 'Invalid ARN prefix: nonsense'",
    });
  });
});

describe('executions', () => {
  it('are described with what AWS says of them', async () => {
    // LocalStack recording test_describe_execution
    const world = new World();
    const arn = await world.start(PASS, { a: 1 });
    expect(await world.describe(arn)).toEqual({
      executionArn: arn,
      stateMachineArn: 'arn:aws:states:us-east-1:111111111111:stateMachine:machine',
      name: 'run',
      status: 'SUCCEEDED',
      startDate: new Date(world.clock.now()),
      stopDate: new Date(world.clock.now()),
      input: '{"a":1}',
      inputDetails: { included: true },
      output: '{"a":1}',
      outputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
    });
  });

  it('are listed newest first, by status, page by page', async () => {
    const world = new World();
    const stateMachineArn = await created(world, WAIT);
    for (const name of ['a', 'b', 'c']) await world.call('StartExecution', { stateMachineArn, name });
    await world.call('StopExecution', {
      executionArn: `${stateMachineArn.replace(':stateMachine:', ':execution:')}:b`,
    });
    const names = async (filter: object) =>
      (await world.call('ListExecutions', { stateMachineArn, ...filter })).executions.map(
        ({ name }: { name: string }) => name,
      );
    expect(await names({})).toEqual(['c', 'b', 'a']);
    expect(await names({ statusFilter: 'RUNNING' })).toEqual(['c', 'a']);
    expect(await names({ statusFilter: 'ABORTED' })).toEqual(['b']);
    expect(await names({ maxResults: 1 })).toEqual(['c']);
    await expect(names({ statusFilter: 'running' })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(names({ maxResults: 1001 })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('show their history in pages, backwards, and without data', async () => {
    const world = new World();
    const executionArn = await world.start(PASS, { secret: 1 });
    const first = await world.call('GetExecutionHistory', { executionArn, maxResults: 3 });
    const second = await world.call('GetExecutionHistory', { executionArn, maxResults: 3, nextToken: first.nextToken });
    expect([...first.events, ...second.events].map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    const reversed = await world.call('GetExecutionHistory', { executionArn, reverseOrder: true });
    expect(reversed.events[0].type).toBe('ExecutionSucceeded');
    const bare = await world.call('GetExecutionHistory', { executionArn, includeExecutionData: false });
    expect(JSON.stringify(bare)).not.toContain('secret');
    expect(bare.events[1].stateEnteredEventDetails).toEqual({ name: 'State_1' });
  });

  it('are unknown by any other ARN', async () => {
    const world = new World();
    await expect(world.describe('arn:aws:states:us-east-1:111111111111:execution:a:b')).rejects.toMatchObject({
      name: 'ExecutionDoesNotExist',
    });
    await expect(world.describe('nonsense')).rejects.toMatchObject({ name: 'InvalidArn' });
  });

  it('tell the event bus when they start and how they end', async () => {
    // LocalStack recording test_event_bridge_events_base
    const world = new World();
    const arn = await world.start(jsonata({ F: { Type: 'Fail', Error: 'Broken', Cause: 'by design' } }), { a: 1 });
    const now = world.clock.now();
    const common = {
      executionArn: arn,
      stateMachineArn: 'arn:aws:states:us-east-1:111111111111:stateMachine:machine',
      name: 'run',
      startDate: now,
      input: '{"a":1}',
      inputDetails: { included: true },
      output: null,
      outputDetails: null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: 0,
      redriveDate: null,
    };
    expect(world.events).toEqual([
      {
        source: 'aws.states',
        'detail-type': 'Step Functions Execution Status Change',
        resources: [arn],
        time: new Date(now).toISOString(),
        detail: {
          ...common,
          status: 'RUNNING',
          stopDate: null,
          error: null,
          cause: null,
          redriveStatus: 'NOT_REDRIVABLE',
          redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
        },
      },
      expect.objectContaining({
        detail: {
          ...common,
          status: 'FAILED',
          stopDate: now,
          error: 'Broken',
          cause: 'by design',
          redriveStatus: 'REDRIVABLE',
          redriveStatusReason: null,
        },
      }),
    ]);
  });

  it('stop without a trace when the service is closed', async () => {
    const world = new World();
    const arn = await world.start(WAIT);
    await world.service.close();
    await world.clock.advance(120_000);
    expect((await world.describe(arn)).status).toBe('RUNNING');
    expect(world.clock.pending).toBe(0);
  });
});

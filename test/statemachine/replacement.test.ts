/** The state machine that makes an attempt ready while an older one trains, on the interpreter. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FunctionError, World } from '../states/support';

const definition = JSON.parse(
  readFileSync(join(__dirname, '../../statemachines/replacement.asl.json'), 'utf8').replace(/\$\{(\w+)\}/g, '$1'),
);
const input = { sessionId: 'digits-1', attempt: 2 };

async function prepare(answer: (name: string, call: number) => unknown) {
  const world = new World();
  const calls: { name: string; payload: unknown }[] = [];
  world.onInvoke = async (name, payload) => {
    calls.push({ name: name.replace('Function', ''), payload });
    return answer(name, calls.length);
  };
  const arn = await world.start(definition, input);
  await world.clock.advance(60_000);
  const { status, output } = await world.describe(arn);
  return { calls, status, output: output && JSON.parse(output) };
}

it('launches, waits for room, and starts the agents without a token to answer', async () => {
  const { calls, status, output } = await prepare((name, call) => {
    if (name === 'LaunchNodesFunction')
      return call === 1 ? { outcome: 'wait', waitSeconds: 15 } : { outcome: 'launched' };
    if (call === 3) throw new FunctionError('InstanceNotReady');
    return { isStarted: true };
  });
  expect(calls).toEqual([
    { name: 'LaunchNodes', payload: input },
    { name: 'LaunchNodes', payload: input },
    { name: 'StartTraining', payload: { ...input, taskToken: null } },
    { name: 'StartTraining', payload: { ...input, taskToken: null } },
  ]);
  expect([status, output]).toEqual(['SUCCEEDED', { ...input, isPrepared: true }]);
});

it.each(['ReplacementDropped', 'StoppedByUser', 'CapacityUnavailable'])('ends quietly with %s', async (error) => {
  const { calls, status, output } = await prepare(() => {
    throw new FunctionError(error);
  });
  expect(calls).toHaveLength(1);
  expect([status, output]).toEqual(['SUCCEEDED', { ...input, isPrepared: false }]);
});

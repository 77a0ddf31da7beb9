/** Lint of the state machines: what would only show when a job hangs, leaks an instance or ends with an odd name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import jsonata from 'jsonata';
import { ERROR_CLASSES } from '../../core/errors';
import { PROJECT_ROOT } from '../../lib/project-root';

/** It ships no types. */
const validate = require('asl-validator') as (
  definition: object,
  options?: { checkPaths: boolean; checkArn: boolean },
) => { isValid: boolean; errors: object[] };

interface State {
  Type: string;
  Resource?: string;
  TimeoutSeconds?: number;
  HeartbeatSeconds?: number;
  Next?: string;
  Default?: string;
  End?: boolean;
  Choices?: { Next: string }[];
  Catch?: { ErrorEquals: string[]; Next: string }[];
  Retry?: { ErrorEquals: string[]; MaxAttempts?: number }[];
  Arguments?: { FunctionName?: string };
}

interface Machine {
  QueryLanguage: string;
  StartAt: string;
  States: Record<string, State>;
}

const read = (name: string) =>
  JSON.parse(readFileSync(join(PROJECT_ROOT, 'statemachines', `${name}.asl.json`), 'utf8')) as Machine;
const MACHINE = read('training-job');
const REPLACEMENT = read('replacement');
const STATES = Object.entries(MACHINE.States);
const TASKS = STATES.filter(([, { Type: type }]) => type === 'Task');

/** States that may follow, `without` some of them and their catches. */
function successors(name: string, options: { catches: boolean } = { catches: true }): string[] {
  const { Next: next, Default: fallback, Choices: choices = [], Catch: catches = [] } = MACHINE.States[name] as State;
  return [
    ...(next === undefined ? [] : [next]),
    ...(fallback === undefined ? [] : [fallback]),
    ...choices.map(({ Next: chosen }) => chosen),
    ...(options.catches ? catches.map(({ Next: caught }) => caught) : []),
  ];
}

/** Everything that can come after `name`, going through no state of `barred`. */
function reachable(name: string, barred: readonly string[] = []): Set<string> {
  const seen = new Set<string>();
  const open = [name];
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    for (const next of successors(each)) {
      if (seen.has(next) || barred.includes(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return seen;
}

it('is as the Amazon States Language has it', () => {
  expect(validate(MACHINE, { checkPaths: true, checkArn: false })).toMatchObject({ isValid: true, errors: [] });
  const broken = structuredClone(MACHINE);
  (broken.States['IsLaunched'] as State).Default = 'Nowhere';
  expect(validate(broken).isValid).toBe(false);
});

it('holds expressions only that JSONata can parse', () => {
  const expressions = JSON.stringify(MACHINE).match(/"\{%.*?%\}"/g) ?? [];
  expect(expressions.length).toBeGreaterThan(20);
  for (const text of expressions) {
    const source = (JSON.parse(text) as string).slice(2, -2);
    expect(() => jsonata(source)).not.toThrow();
  }
});

it('is JSONata throughout, and every state that is named exists', () => {
  expect(MACHINE.QueryLanguage).toBe('JSONata');
  expect(JSON.stringify(MACHINE.States)).not.toMatch(/"(InputPath|ResultPath|OutputPath|Parameters|ResultSelector)"/);
  const named = STATES.flatMap(([name]) => successors(name));
  expect(named.filter((name) => MACHINE.States[name] === undefined)).toEqual([]);
});

it('has no state that nothing leads to, and none whose name is too long', () => {
  const reached = reachable(MACHINE.StartAt).add(MACHINE.StartAt);
  expect(STATES.map(([name]) => name).filter((name) => !reached.has(name) || name.length > 80)).toEqual([]);
});

it.each(TASKS)('%s has a time-out, and a heartbeat when it waits for a token', (_, task) => {
  expect(task.TimeoutSeconds).toBeGreaterThan(0);
  if (task.Resource?.endsWith('.waitForTaskToken')) {
    expect(task.HeartbeatSeconds).toBeGreaterThan(0);
    expect(task.HeartbeatSeconds).toBeLessThan(task.TimeoutSeconds ?? 0);
    expect(task.Catch?.some(({ ErrorEquals: names }) => names.includes('States.Timeout'))).toBe(true);
  }
});

it.each(TASKS)('%s catches everything, last', (_, task) => {
  const last = task.Catch?.at(-1);
  expect(last?.ErrorEquals).toEqual(['States.ALL']);
});

it.each(TASKS)('%s retries and catches errors by names that exist', (_, task) => {
  const names = [...(task.Retry ?? []), ...(task.Catch ?? [])].flatMap(({ ErrorEquals: each }) => each);
  const isKnown = (name: string) =>
    name in ERROR_CLASSES || /^(States|Lambda)\.[A-Za-z]+$|^Sandbox\.Timedout$|^Runtime\.ExitError$/.test(name);
  expect(names.filter((name) => !isKnown(name))).toEqual([]);
});

it('retries what is transient, in every task that may throw it', () => {
  const transient = Object.entries(ERROR_CLASSES).flatMap(([name, kind]) => (kind === 'transient' ? [name] : []));
  const generic = transient.filter((name) => name !== 'InstanceNotReady');
  for (const [, task] of TASKS) {
    const retried = (task.Retry ?? []).flatMap(({ ErrorEquals: names }) => names);
    if (!retried.includes('States.ALL')) expect(retried).toEqual(expect.arrayContaining(generic));
  }
  const { Retry: retry = [] } = MACHINE.States['RunTraining'] as State;
  expect(retry.flatMap(({ ErrorEquals: names }) => names)).toContain('InstanceNotReady');
});

it('starts a new attempt for every error of the machine’s, and for no other', () => {
  const infrastructure = Object.entries(ERROR_CLASSES).flatMap(([name, kind]) =>
    kind === 'infrastructure' ? [name] : [],
  );
  // An instance may be lost before launch-nodes has recorded it.
  for (const task of ['LaunchNodes', 'RunTraining']) {
    const { Catch: catches = [] } = MACHINE.States[task] as State;
    const relaunching = catches.filter(({ Next: next }) => next === 'LaunchNodes').flatMap((each) => each.ErrorEquals);
    expect(relaunching.sort()).toEqual(infrastructure.sort());
  }
});

it('ends only after nodes were released and the user was told', () => {
  const ends = STATES.filter(([, { Type: type }]) => type === 'Fail' || type === 'Succeed').map(([name]) => name);
  expect(ends).toHaveLength(2);
  for (const barrier of ['ReleaseNodes', 'NotifyFinished']) {
    const withoutIt = reachable(MACHINE.StartAt, [barrier]);
    expect(ends.filter((end) => withoutIt.has(end))).toEqual([]);
  }
});

it('can reach the release from every state after the launch', () => {
  for (const name of reachable('LaunchNodes')) {
    const after = reachable(name);
    const isReleased = ['ReleaseNodes', 'NotifyFinished', 'HasFailed', 'Failed', 'Succeeded'].includes(name);
    if (!isReleased) expect(after).toContain('ReleaseNodes');
  }
});

it('releases and tells with nothing but the execution’s id and the failure', () => {
  for (const name of ['ReleaseNodes', 'NotifyFinished']) {
    const variables = JSON.stringify(MACHINE.States[name]?.Arguments).match(/\$[a-z]\w*/g);
    expect(new Set(variables)).toEqual(new Set(['$sessionId', '$executionArn', '$failure']));
  }
});

it('refers to functions by placeholders alone', () => {
  const names = TASKS.map(([, { Arguments: given }]) => given?.FunctionName);
  for (const name of names) expect(name).toMatch(/^\$\{[A-Za-z]+Function\}$/);
  expect(JSON.stringify(MACHINE)).not.toMatch(/arn:aws:lambda|\d{12}/);
});

describe('the replacement', () => {
  const tasks = Object.entries(REPLACEMENT.States).filter(([, { Type: type }]) => type === 'Task');

  it('is as the Amazon States Language has it, and JSONata throughout', () => {
    expect(validate(REPLACEMENT, { checkPaths: true, checkArn: false })).toMatchObject({ isValid: true, errors: [] });
    expect(REPLACEMENT.QueryLanguage).toBe('JSONata');
  });

  it.each(tasks)('%s has a time-out, retries what is transient, and catches everything', (_, task) => {
    expect(task.TimeoutSeconds).toBeGreaterThan(0);
    const retried = (task.Retry ?? []).flatMap(({ ErrorEquals: names }) => names);
    expect(retried).toEqual(expect.arrayContaining(['WriteConflict', 'AwsUnavailable', 'Lambda.ServiceException']));
    expect(task.Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'NotPrepared' }]);
  });
});

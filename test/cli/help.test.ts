import type { CliContext } from '../../cli/context';
import { createProgram } from '../../cli/program';
import { runCli } from './support/run-cli';

/** All of them, by their names: `local up`. */
function commandNames(): string[][] {
  const program = createProgram({} as CliContext, () => {});
  return program.commands
    .filter((command) => command.name() !== 'complete')
    .flatMap((command) => [[command.name()], ...command.commands.map((inner) => [command.name(), inner.name()])]);
}

describe('help', () => {
  it.each([[[]], ...commandNames().map((words) => [words])])('of runctl %p', async (words) => {
    const { exitCode, out, err } = await runCli([...words, '--help']);
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toMatchSnapshot();
  });

  it.each([
    [['nonsense'], 'unknown command'],
    [['show'], "missing required argument 'session'"],
    [['ls', '--limit', 'many'], 'A whole number from 1 is expected.'],
    [['logs', 'x', '--node', '-1'], 'A rank is a whole number from 0.'],
    [['resume', 'x', '--add-usd', '0'], 'A number above 0 is expected.'],
    [['local', 'up', '--port', '70000'], 'A port is a number from 0 to 65535.'],
    [['ls', '--nonsense'], 'unknown option'],
  ])('runctl %p is refused with 2', async (args, message) => {
    const { exitCode, err, out } = await runCli(args);
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
    expect(out).toBe('');
  });
});

import { AWS_COMMANDS } from '../../scripts/quickstart/report';
import { commandsOf, shellBlocks } from './readme-blocks';

it('prints the README’s own commands for AWS, in the same order', async () => {
  const blocks = await Promise.all([shellBlocks('aws-account'), shellBlocks('aws')]);
  const told = blocks.flat().flatMap(commandsOf);
  expect(told).toEqual(expect.arrayContaining(AWS_COMMANDS));
  const positions = AWS_COMMANDS.filter((command) => !command.startsWith('npx')).map((command) =>
    told.indexOf(command),
  );
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
});

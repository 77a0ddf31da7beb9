/** The simulation's command line: npm run simulate -- --sessions 1000 --seed 7 [--replay SEED]. */
import { Command } from 'commander';
import { simulate } from '../simulation/simulate';

const program = new Command('simulate')
  .description(
    'Runs the deployed code in simulated worlds, with everything going wrong, and checks that what was promised holds',
  )
  .option('--sessions <count>', 'sessions in all', '200')
  .option('--seed <seed>', 'of the whole run; a fresh one is printed when it is not given')
  .option('--replay <seed>', 'one world again, as a failure names it, event by event')
  .option('--workers <count>', 'worker threads', '2')
  .option('--explain <count>', 'failures that are made small and shown, which takes minutes; the rest is counted', '1')
  .option('--no-faults', 'nothing goes wrong')
  .option('--session <id>', 'with --replay: only what concerns this session')
  .parse();

simulate(program.opts()).then(
  (isGood) => process.exit(isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);

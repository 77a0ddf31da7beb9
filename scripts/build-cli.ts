/** Bundles the command line. Usage: npm run build:cli */
import { statSync } from 'node:fs';
import { bundleCli } from './cli-bundle';

bundleCli().then(
  ({ path }) => console.log(`${path}: ${Math.round(statSync(path).size / 1024)} KiB`),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);

/** Verifies runctl on AWS. Usage: npm run verify:aws [-- --yes-spend-money]; without it, only says what it would do. */
import { systemTools } from './tools';
import { plan, verify } from './verification';

const CONSENT = '--yes-spend-money';

async function main(): Promise<void> {
  for (const line of plan()) console.log(line);
  if (!process.argv.includes(CONSENT)) {
    console.log(`Nothing was done. To do it: npm run verify:aws -- ${CONSENT}`);
    return;
  }
  const tools = systemTools();
  const isPassed = await verify(tools, `verify-${new Date(tools.now()).toISOString().slice(0, 19).replace(/\D/g, '')}`);
  process.exitCode = isPassed ? 0 : 1;
}

void main();

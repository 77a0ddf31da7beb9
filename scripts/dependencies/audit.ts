/**
 * Known vulnerabilities of packages that are shipped, from high on. Usage: npm run audit
 * Everything is a devDependency, as bundles have none, so that `npm audit --omit=dev` would look at nothing.
 */
import { execFile } from 'node:child_process';
import { judgeAudit } from './judge-audit';
import { shippedPackages } from './shipped';

const SECONDS = 1000;

/** npm exits with 1 when there are findings. */
function askNpm(): Promise<string> {
  return new Promise((resolve) => {
    const options = { maxBuffer: 64 * 2 ** 20, timeout: 120 * SECONDS };
    execFile('npm', ['audit', '--json'], options, (_error, stdout) => resolve(stdout));
  });
}

async function main(): Promise<void> {
  const [report, shipped] = await Promise.all([askNpm(), shippedPackages()]);
  const { lines, isRefused } = judgeAudit(report, new Set(shipped.keys()));
  for (const line of lines) console.log(line);
  if (isRefused) process.exitCode = 1;
}

void main();

/**
 * A training script that means ill: finds the instance's credentials, also where the job did not ask for them (the
 * environment of the process that started it has the way), and tries what it likes. Writes what came of it to the
 * results: the error's name by attempt, or `allowed`. Argument: JSON with the names of what is not its own.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { createRequire } = require('node:module');

const given = JSON.parse(process.argv[2]);
const use = createRequire(join(given.modules, 'package.json'));
const endpoint = wayTo('AWS_ENDPOINT_URL');
process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = wayTo('AWS_EC2_METADATA_SERVICE_ENDPOINT');
delete process.env.AWS_EC2_METADATA_DISABLED;
const config = { region: 'us-east-1', endpoint, maxAttempts: 1 };

/** From this process's environment or from that of one above it. */
function wayTo(name) {
  for (let pid = 'self'; pid !== '0' && pid !== '1'; pid = parentOf(pid)) {
    const found = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').find((each) => each.startsWith(`${name}=`));
    if (found) return found.slice(name.length + 1);
  }
  throw new Error(`no process above has ${name}`);
}

function parentOf(pid) {
  return /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
}

async function main() {
  const outcomes = {};
  for (const [attempt, [packageName, clientName, commandName, input]] of Object.entries(given.attempts)) {
    const sdk = use(`@aws-sdk/${packageName}`);
    const client = new sdk[clientName]({ ...config, ...(clientName === 'S3Client' && { forcePathStyle: true }) });
    try {
      const output = await client.send(new sdk[commandName](input));
      outcomes[attempt] = output.Arn ?? 'allowed';
    } catch (error) {
      outcomes[attempt] = error.name;
    }
  }
  writeFileSync(join(process.env.RUNCTL_OUTPUT_DIR, 'attempts.json'), JSON.stringify(outcomes));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

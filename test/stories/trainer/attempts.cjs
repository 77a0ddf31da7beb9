/**
 * A training script that means ill: finds the instance's credentials, also where the job did not ask for them (the
 * environment of the process that started it has the way), and tries what it likes. Writes what came of it to the
 * results: the error's name by attempt, or `allowed`. Argument: JSON with the attempts; `OWN` in them is the node's own id.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { createRequire } = require('node:module');

const PARTS_BYTES = 20 * 2 ** 20;
const given = JSON.parse(process.argv[2]);
const use = createRequire(join(given.modules, 'package.json'));
const endpoint = wayTo('AWS_ENDPOINT_URL');
process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = wayTo('AWS_EC2_METADATA_SERVICE_ENDPOINT');
delete process.env.AWS_EC2_METADATA_DISABLED;
const config = { region: 'us-east-1', endpoint, maxAttempts: 1 };

/** From this process's environment or from that of one above it. */
function wayTo(name) {
  for (let pid = 'self'; pid !== '0' && pid !== '1'; pid = parentOf(pid)) {
    const found = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .find((each) => each.startsWith(`${name}=`));
    if (found) return found.slice(name.length + 1);
  }
  throw new Error(`no process above has ${name}`);
}

function parentOf(pid) {
  return /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
}

async function main() {
  const { STSClient, GetCallerIdentityCommand } = use('@aws-sdk/client-sts');
  const self = await new STSClient(config).send(new GetCallerIdentityCommand({}));
  const outcomes = { 'says who it is': self.Arn };
  const own = (input) => JSON.parse(JSON.stringify(input).replaceAll('OWN', self.UserId));
  for (const [attempt, [packageName, clientName, commandName, input]] of Object.entries(given.attempts)) {
    const sdk = use(`@aws-sdk/${packageName}`);
    const client = new sdk[clientName]({ ...config, ...(clientName === 'S3Client' && { forcePathStyle: true }) });
    try {
      await client.send(new sdk[commandName](own(input)));
      outcomes[attempt] = 'allowed';
    } catch (error) {
      outcomes[attempt] = error.name;
    }
  }
  writeFileSync(join(process.env.RUNCTL_OUTPUT_DIR, 'attempts.json'), JSON.stringify(outcomes));
  // Large enough to be uploaded in parts, which its node may do with results.
  writeFileSync(join(process.env.RUNCTL_OUTPUT_DIR, 'weights'), Buffer.alloc(PARTS_BYTES));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

/** `npm run local --`: the local cloud in a terminal, and the part of AWS that makes trouble. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import picocolors from 'picocolors';
import { type CloudDescription, DEFAULT_PORT, type LocalCloud, startLocalCloud } from '../local/cloud';
import { isStale, synthesize } from '../local/synthesize';

const ROOT = resolve(__dirname, '..');
const EXIT_INTERRUPTED = 130;

// Node 20 is supported here; the SDK's notice that its own support ends is not for this reader.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

function createProgram(): Command {
  const program = new Command('npm run local --').description(
    'Runs the stack of `cdk deploy` on this machine, behind the wire protocols of AWS.',
  );
  program
    .command('up')
    .description('serve the stack until Ctrl-C; synthesizes it first when cdk.out is missing or out of date')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes any free one', parsePort, DEFAULT_PORT)
    .option('--data-dir <folder>', 'where bucket, table and hosts live, and local.json is written', '.runctl')
    .option('--speed <factor>', "the cloud's seconds in a real one", parseSpeed, 1)
    .option('--assembly <folder>', 'what cdk synth wrote', 'cdk.out')
    .action(up);
  program
    .command('interrupt <instance-id>')
    .description('send the two-minute spot interruption notice; the instance is terminated after it')
    .option('--port <port>', "the local cloud's port", parsePort, DEFAULT_PORT)
    .action((instanceId: string, { port }: { port: number }) => control(port, 'interrupt', { instanceId }));
  program
    .command('kill <instance-id>')
    .description('take the host away at once, without a notice')
    .option('--port <port>', "the local cloud's port", parsePort, DEFAULT_PORT)
    .option('--silent', 'EC2 goes on saying that it runs; only its status checks turn impaired')
    .action((instanceId: string, { port, silent }: { port: number; silent?: true }) =>
      control(port, 'kill', { instanceId, silent: silent ?? false }),
    );
  return program;
}

interface UpOptions {
  port: number;
  dataDir: string;
  speed: number;
  assembly: string;
}

async function up(options: UpOptions): Promise<void> {
  const stopped = stopSignal();
  const assemblyDir = resolve(options.assembly);
  if (resolve(ROOT, 'cdk.out') === assemblyDir && isStale(ROOT, assemblyDir)) {
    console.log('synthesizing the stack …');
    await synthesize(ROOT, assemblyDir);
  }
  const dataDir = resolve(options.dataDir);
  const { port, speed } = options;
  const log = (line: string) => console.error(picocolors.dim(line));
  const cloud = await startLocalCloud({ assemblyDir, dataDir, port, speed, log });
  const descriptionFile = join(dataDir, 'local.json');
  try {
    writeDescription(descriptionFile, cloud);
    console.log(banner(cloud, relative('.', descriptionFile)));
    await stopped;
    console.log('\nstopping …');
  } finally {
    rmSync(descriptionFile, { force: true });
    await cloud.close();
  }
}

/** Resolves at the first SIGINT or SIGTERM; a second one does not wait for the clean-up. */
function stopSignal(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(EXIT_INTERRUPTED));
        stop();
      });
    }
  });
}

function writeDescription(file: string, cloud: CloudDescription): void {
  const { endpoint, region, stateMachineArn, bucket, topicArn, tableName, logGroup } = cloud;
  const description: CloudDescription = { endpoint, region, stateMachineArn, bucket, topicArn, tableName, logGroup };
  mkdirSync(resolve(file, '..'), { recursive: true });
  writeFileSync(file, `${JSON.stringify(description, null, 2)}\n`);
}

function banner({ endpoint, region, stateMachineArn, bucket }: LocalCloud, descriptionFile: string): string {
  const { bold, dim } = picocolors;
  return `
${bold('The local cloud is up.')} ${dim('Ctrl-C stops it. Everything a client needs is in')} ${descriptionFile}

  endpoint       ${endpoint}
  state machine  ${stateMachineArn}
  bucket         ${bucket}

${dim('In another terminal, the AWS CLI and every SDK work with:')}

  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

  aws s3 ls s3://${bucket}
  aws stepfunctions list-executions --state-machine-arn ${stateMachineArn}
  aws ec2 describe-instances --query 'Reservations[].Instances[].[InstanceId,State.Name]' --output text
  npm run local -- interrupt <instance-id>${portFlag(endpoint)}
`;
}

function portFlag(endpoint: string): string {
  const { port } = new URL(endpoint);
  return port === String(DEFAULT_PORT) ? '' : ` --port ${port}`;
}

async function control(
  port: number,
  call: 'interrupt' | 'kill',
  input: { instanceId: string; silent?: boolean },
): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/_local/${call}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  }).catch(() => {
    throw new Error(`No local cloud runs on port ${port}. Start one with: npm run local -- up --port ${port}`);
  });
  const answer = (await response.json().catch(() => ({}))) as { message?: string; running?: string[] };
  if (!response.ok) {
    const { message = `Port ${port} answers, but it is no local cloud.`, running } = answer;
    throw new Error(running ? `${message}\nRunning: ${running.join(', ') || 'none'}` : message);
  }
  console.log(call === 'interrupt' ? `${input.instanceId} has its two-minute notice.` : `${input.instanceId} is gone.`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

function parseSpeed(text: string): number {
  const speed = Number(text);
  if (!(speed > 0)) throw new InvalidArgumentError('A speed is a number above 0.');
  return speed;
}

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    console.error(picocolors.red(error instanceof Error ? error.message : String(error)));
    if (process.env['DEBUG']) console.error(error);
    process.exitCode = 1;
  });

/** `runctl local up`: serves the stack until it is told to stop. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { CliContext, LocalDescription } from '../context';
import type { Paint } from '../terminal/paint';
import { Printer } from '../terminal/printer';

export interface UpOptions {
  port?: number;
  dataDir: string;
  speed: number;
  assembly?: string;
}

export async function serveLocalCloud(context: CliContext, options: UpOptions): Promise<void> {
  const printer = new Printer(context);
  const dataDir = resolve(context.cwd, options.dataDir);
  const { startFromCheckout } = await context.seams.localCloud();
  const cloud = await startFromCheckout({
    dataDir,
    port: options.port,
    speed: options.speed,
    assemblyDir: options.assembly === undefined ? undefined : resolve(context.cwd, options.assembly),
    onSynthesize: () => printer.line('synthesizing the stack …'),
    log: (line) => printer.note(line),
  });
  const file = join(dataDir, 'local.json');
  try {
    writeDescription(file, cloud);
    printer.lines(banner(cloud, relative(context.cwd, file), printer.paint));
    await aborted(context.signal);
    printer.line('\nstopping …');
  } finally {
    rmSync(file, { force: true });
    await cloud.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  // A signal alone does not keep a process alive, but the server does.
  return new Promise((stop) => signal.addEventListener('abort', () => stop(), { once: true }));
}

function writeDescription(file: string, cloud: LocalDescription): void {
  const { endpoint, region, stateMachineArn, bucket, topicArn, tableName, logGroup } = cloud;
  const description: LocalDescription = { endpoint, region, stateMachineArn, bucket, topicArn, tableName, logGroup };
  mkdirSync(resolve(file, '..'), { recursive: true });
  writeFileSync(file, `${JSON.stringify(description, null, 2)}\n`);
}

function banner(cloud: LocalDescription, descriptionFile: string, { bold, dim }: Paint): string[] {
  const { endpoint, region, stateMachineArn, bucket } = cloud;
  return `
${bold('The local cloud is up.')} ${dim('Ctrl-C stops it. Everything a client needs is in')} ${descriptionFile}

  endpoint       ${endpoint}
  state machine  ${stateMachineArn}
  bucket         ${bucket}

${dim('In another terminal, in this folder:')}

  runctl submit job.json --local --watch
  runctl local interrupt <session>

${dim('The AWS CLI and every SDK work with:')}

  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

  aws s3 ls s3://${bucket}
  aws stepfunctions list-executions --state-machine-arn ${stateMachineArn}
  aws ec2 describe-instances --query 'Reservations[].Instances[].[InstanceId,State.Name]' --output text
`.split('\n');
}

/** `runctl local up`: serves the stack until it is told to stop. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openCloudAt } from '../cloud/open-cloud';
import { localPlace } from '../cloud/place';
import type { CliContext, LocalDescription } from '../context';
import { DEFAULT_STACK } from '../options';
import { plural } from '../terminal/format';
import type { Paint } from '../terminal/paint';
import { Printer } from '../terminal/printer';
import { shownPath } from '../terminal/shown-path';
import type { PageServer } from '../ui/page-server';
import { aborted, servePage } from '../ui/serve-page';

export interface UpOptions {
  port?: number;
  dataDir: string;
  speed: number;
  assembly?: string;
  ui: boolean;
}

export async function serveLocalCloud(context: CliContext, options: UpOptions): Promise<void> {
  const printer = new Printer(context);
  context.cleansUp();
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
  let page: PageServer | undefined;
  try {
    writeDescription(file, cloud);
    page = options.ui ? await pageOf(context, cloud, printer) : undefined;
    if (cloud.lostExecutions.length > 0) printer.warn(lostText(cloud.lostExecutions));
    printer.lines(banner({ cloud, pageAddress: page?.address, file: shownPath(context.cwd, file) }, printer.paint));
    await aborted(context.signal);
    printer.line('\nstopping …');
  } finally {
    rmSync(file, { force: true });
    await page?.close();
    await cloud.close();
  }
}

/** The cloud is of use without its page: what keeps the page away is told, no more. */
async function pageOf(context: CliContext, cloud: LocalDescription, printer: Printer): Promise<PageServer | undefined> {
  try {
    const place = await localPlace(cloud, context.clock);
    const stack = context.env['RUNCTL_STACK'] ?? DEFAULT_STACK;
    return await servePage(context, await openCloudAt(place, { stack, local: true }), undefined);
  } catch (error) {
    printer.warn(`there is no web page: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

const LOST_SHOWN = 10;

function lostText(names: readonly string[]): string {
  const more = names.length > LOST_SHOWN ? [`  … and ${names.length - LOST_SHOWN} more`] : [];
  return [
    `${plural(names.length, 'session')} ran when the local cloud was stopped, and cannot be carried on; ${names.length === 1 ? 'it is' : 'they are'} being aborted:`,
    ...names.slice(0, LOST_SHOWN).map((name) => `  ${name}`),
    ...more,
    'Their checkpoints are kept. Once `runctl ls --local` says "aborted", one goes on with: runctl resume <session> --local',
  ].join('\n');
}

function writeDescription(file: string, cloud: LocalDescription): void {
  const { endpoint, region, stateMachineArn, bucket, topicArn, tableName, logGroup } = cloud;
  const description: LocalDescription = { endpoint, region, stateMachineArn, bucket, topicArn, tableName, logGroup };
  mkdirSync(resolve(file, '..'), { recursive: true });
  writeFileSync(file, `${JSON.stringify(description, null, 2)}\n`);
}

interface Banner {
  cloud: LocalDescription;
  /** undefined: there is no page. */
  pageAddress: string | undefined;
  /** With everything that a client needs. */
  file: string;
}

function banner({ cloud, pageAddress, file }: Banner, { bold, dim }: Paint): string[] {
  const { endpoint, region, stateMachineArn, bucket } = cloud;
  const page = pageAddress === undefined ? '' : `\n  web page       ${pageAddress}`;
  return `
${bold('The local cloud is up.')} ${dim('Ctrl-C stops it. Everything a client needs is in')} ${file}

  endpoint       ${endpoint}
  state machine  ${stateMachineArn}
  bucket         ${bucket}${page}

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

/** Writes a first job. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { jobSpecSchema } from '../core/job/job-spec';
import { parseJobSpec } from '../core/job/job-spec-problems';
import schema from '../schema/job.schema.json';
import { CliError } from './cli-error';
import type { CliContext } from './context';
import { EXIT } from './exit-codes';
import { type JobAnswers, jobTemplate } from './spec/job-template';
import { specError } from './spec/read-spec';
import { SourceText } from './spec/source-text';
import { askText, type Question } from './terminal/ask';
import { Printer } from './terminal/printer';
import { shownPath } from './terminal/shown-path';

export interface InitOptions {
  name?: string;
  command?: string;
  code?: string;
  data?: string;
  instanceTypes?: string;
  maxHours?: number;
  maxUsd?: number;
  pattern?: string;
  resumeArg?: string;
  plain?: true;
  force?: true;
}

const SCHEMA_FILE = 'job.schema.json';
const DEFAULT_TYPES = 'm7i.large,m6i.large,m5.large';
const DEFAULT_HOURS = 24;

export async function initJob(context: CliContext, file: string, options: InitOptions): Promise<void> {
  const path = resolve(context.cwd, file);
  if (existsSync(path) && !options.force) {
    throw new CliError(`${file} is there already.`, { exitCode: EXIT.usage, hint: 'Write over it: --force.' });
  }
  const answers = await answersFor(context, dirname(path), options);
  const text = jobTemplate(answers, options.plain === true);
  checkJob(file, text, answers);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await writeFile(join(dirname(path), SCHEMA_FILE), `${JSON.stringify(schema, null, 2)}\n`);
  const printer = new Printer(context);
  printer.line(`${shownPath(context.cwd, path)} and ${SCHEMA_FILE} written.`);
  printer.note(`next: runctl plan ${file}   (then: runctl submit ${file} --watch)`);
}

/** What an option says is not asked for; without a terminal the rest has its usual value. */
async function answersFor(context: CliContext, folder: string, options: InitOptions): Promise<JobAnswers> {
  const usualName =
    basename(folder)
      .replace(/[^A-Za-z0-9_-]+/g, '-')
      .replace(/^-+/, '') || 'training';
  const ask = async (given: string | undefined, message: string, usual: string, check?: Question['check']) =>
    given ?? (context.isInteractive ? await askText({ message, initial: usual, ...(check ? { check } : {}) }) : usual);
  const name = await ask(options.name, 'Name of the job', usualName);
  const command = options.command ?? (await askCommand(context));
  const data = await ask(options.data, 'Data: file, folder or s3:// address (empty: none)', '');
  const types = await ask(options.instanceTypes, 'Instance types, any of which will do', DEFAULT_TYPES);
  const pattern = await ask(options.pattern, 'Name of a checkpoint (glob)', '*');
  const resumeArg = await ask(options.resumeArg, 'Added to the command when resuming (empty: nothing)', '');
  const usualUsd = options.maxUsd === undefined ? undefined : String(options.maxUsd);
  const maxUsd = await ask(usualUsd, 'At most how many dollars (empty: no limit)', '', checkDollars);
  return {
    name,
    owner: ownerOf(context),
    command,
    code: options.code ?? '.',
    data: data === '' ? null : data,
    instanceTypes: types.split(',').map((type) => type.trim()),
    maxHours: options.maxHours ?? DEFAULT_HOURS,
    maxUsd: maxUsd === '' ? null : Number(maxUsd),
    checkpointPattern: pattern,
    resumeArg: resumeArg === '' ? null : resumeArg,
  };
}

/** Who is logged in, if that can be an owner. */
function ownerOf({ env }: CliContext): string | null {
  const user = env['USER'] ?? env['LOGNAME'] ?? env['USERNAME'] ?? '';
  return jobSpecSchema.shape.owner.safeParse(user).success && user !== '' ? user : null;
}

function checkDollars(answer: string): string | undefined {
  return answer === '' || Number(answer) > 0 ? undefined : 'A number above 0, or nothing.';
}

async function askCommand({ isInteractive }: CliContext): Promise<string> {
  if (!isInteractive) {
    const hint = 'Say it: runctl init --command "python3 train.py".';
    throw new CliError('What trains is not said.', { exitCode: EXIT.usage, hint });
  }
  const check = (answer: string) => (answer.trim() === '' ? 'A command is needed.' : undefined);
  return askText({ message: 'Command that trains', placeholder: 'python3 train.py', check });
}

/** Code and data of this machine are addresses once they are uploaded. */
function checkJob(file: string, text: string, { name, command, instanceTypes, maxHours, maxUsd, ...rest }: JobAnswers) {
  const { checkpointPattern: pattern, resumeArg } = rest;
  const job = {
    name,
    command,
    checkpoints: { pattern, resumeArg },
    resources: { instanceTypes },
    limits: { maxHours, maxUsd },
  };
  const parsed = parseJobSpec(job);
  if ('job' in parsed) return;
  throw specError({ raw: {}, source: new SourceText(file, text), folder: '', setFields: [] }, parsed.problems);
}

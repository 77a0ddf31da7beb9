/** Downloads results, or a checkpoint. */

import { join, resolve } from 'node:path';
import { RESULTS_MANIFEST, resultsManifestSchema } from '../core/checkpoints/results';
import { parseS3Uri, type S3Location } from '../core/s3-layout';
import type { Session } from '../core/session/session';
import { checkpointViews } from '../core/view/checkpoint-view';
import { CliError, notFound } from './cli-error';
import { lookAtCheckpoints } from './cloud/checkpoints';
import { downloadFiles, type RemoteFile } from './cloud/download';
import { readJson } from './cloud/objects';
import type { Cloud } from './cloud/open-cloud';
import type { CliContext } from './context';
import { EXIT, type ExitCode } from './exit-codes';
import type { CloudOptions, JsonOption } from './options';
import { bytes, plural } from './terminal/format';
import { Printer } from './terminal/printer';
import { shownPath } from './terminal/shown-path';
import { transferBar } from './terminal/transfer-bar';

export interface DownloadCommandOptions extends CloudOptions, JsonOption {
  checkpoint?: string | true;
}

export interface DownloadRequest {
  sessionId: string;
  folder: string | undefined;
  options: Pick<DownloadCommandOptions, 'checkpoint' | 'json'>;
}

interface Found {
  files: RemoteFile[];
  /** Below results/<session>, unless a folder is given. */
  subfolder: string;
  what: string;
}

export interface Brought {
  folder: string;
  what: string;
  files: string[];
  totalBytes: number;
  /** One text for each file that is not as it was uploaded. */
  problems: string[];
}

export async function downloadSession(context: CliContext, cloud: Cloud, request: DownloadRequest): Promise<ExitCode> {
  let bar: ReturnType<typeof transferBar> | undefined;
  const { folder, what, files, totalBytes, problems } = await bringHere(context, cloud, request, {
    onTotal: (bytesToCome) => {
      bar = transferBar(context, 'download', bytesToCome);
    },
    onBytes: (sizeBytes) => bar?.add(sizeBytes),
  }).finally(() => bar?.stop());
  const { sessionId, options } = request;
  const printer = new Printer(context);
  if (options.json) {
    printer.json({ sessionId, folder, files, totalBytes, problems });
  } else {
    const where = shownPath(context.cwd, folder);
    printer.line(
      `${what}: ${plural(files.length - problems.length, 'file')}, ${bytes(totalBytes)}, verified, in ${where}`,
    );
  }
  if (problems.length === 0) return EXIT.ok;
  throw new CliError(`Not everything is as it was uploaded:\n${problems.map((each) => `  ${each}`).join('\n')}`);
}

export interface Watching {
  onTotal: (totalBytes: number) => void;
  onBytes: (sizeBytes: number) => void;
}

/** Files that are not as they were uploaded are left out, and told of. */
export async function bringHere(
  { cwd, signal }: Pick<CliContext, 'cwd' | 'signal'>,
  cloud: Cloud,
  { sessionId, folder, options: { checkpoint } }: DownloadRequest,
  { onTotal, onBytes }: Watching,
): Promise<Brought> {
  const { session } = await cloud.sessions.find(sessionId);
  if (session === null)
    throw notFound(`${sessionId} has launched nothing.`, `Why: ${cloud.command('show', sessionId)}`);
  const found =
    checkpoint === undefined ? await findResults(cloud, session) : await findCheckpoint(cloud, session, checkpoint);
  const target = resolve(cwd, folder ?? join('results', sessionId, found.subfolder));
  const totalBytes = found.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  onTotal(totalBytes);
  const problems = await downloadFiles(cloud.s3, { folder: target, files: found.files, signal, onBytes });
  return { folder: target, what: found.what, files: found.files.map(({ path }) => path), totalBytes, problems };
}

/** Of the attempt that finished; else of the last that uploaded what it had. */
async function findResults(cloud: Cloud, session: Session): Promise<Found> {
  const { sessionId, resultsUri, attempts } = session;
  const base = parseS3Uri(resultsUri);
  const places = base === undefined ? [] : [base, ...asides(base, attempts.length)];
  for (const { bucket, key } of places) {
    const manifest = resultsManifestSchema.safeParse(
      await readJson(cloud.s3, { bucket, key: `${key}${RESULTS_MANIFEST}` }),
    );
    if (!manifest.success) continue;
    const isFinal = session.outcome?.result === 'succeeded';
    const what = isFinal ? 'results' : `what attempt ${manifest.data.attempt} left (it did not finish)`;
    return { files: manifest.data.files, subfolder: '', what };
  }
  const state = session.outcome === null ? 'has not ended' : session.outcome.result;
  throw notFound(
    `${sessionId} ${state}: there are no results in ${resultsUri}.`,
    `Its newest checkpoint: ${cloud.command('download', sessionId, '--checkpoint')}`,
  );
}

function asides({ bucket, key }: S3Location, attempts: number): S3Location[] {
  const newestFirst = Array.from({ length: attempts }, (_, index) => attempts - index);
  return newestFirst.map((number) => ({ bucket, key: `${key}attempt-${number}/` }));
}

async function findCheckpoint(cloud: Cloud, session: Session, wanted: string | true): Promise<Found> {
  const { bucket } = cloud.stack;
  const { sessionId } = session;
  const looks = await lookAtCheckpoints(cloud.s3, bucket, session);
  const views = checkpointViews(session, looks, { bucket, now: cloud.clock.now() });
  const view = views.find(({ state, step }) => state !== 'torn' && (wanted === true || String(step) === wanted));
  const look = looks.find(({ manifest }) => manifest.attempt === view?.attempt && manifest.sequence === view.sequence);
  if (view === undefined || look === undefined) {
    const which = wanted === true ? 'whole checkpoint' : `whole checkpoint of step ${wanted}`;
    throw notFound(`${sessionId} has no ${which}.`, `What there is: ${cloud.command('checkpoints', sessionId)}`);
  }
  const { files, kind, name } = look.manifest;
  const inFolder = kind === 'folder' ? `${name}/` : '';
  return {
    files: files.map((file) => ({ ...file, uri: `${view.uri}${file.path}`, path: `${inFolder}${file.path}` })),
    subfolder: 'checkpoints',
    what: `checkpoint ${name} of attempt ${view.attempt}`,
  };
}

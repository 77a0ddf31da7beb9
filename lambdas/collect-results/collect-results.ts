/**
 * Verifies that everything in the results manifest is in S3 with its size, and writes the receipt. The manifest comes
 * from a node: it is believed only about the session's own results folder.
 */

import { resultsManifestSchema } from '../../core/checkpoints/results';
import { storedProblems } from '../../core/checkpoints/stored-files';
import { RunctlError } from '../../core/errors';
import type { Clock, ObjectStore, SessionStore } from '../../core/ports';
import { parseS3Uri, type S3Location, s3Uri } from '../../core/s3-layout';
import type { Session } from '../../core/session/session';
import type { Log } from '../shared/log';
import { attemptInputSchema, parseInput } from '../shared/parse-input';
import { writeReceipt } from '../shared/write-receipt';

export interface CollectResultsDeps {
  sessions: Pick<SessionStore, 'get'>;
  objects: Pick<ObjectStore, 'get' | 'put' | 'list'>;
  clock: Clock;
  bucket: string;
  log: Log;
}

/** A manifest names each file in some 200 bytes. */
const MANIFEST_BYTES = 32 * 1024 * 1024;
const PROBLEMS_SHOWN = 20;

export async function collectResults(
  event: unknown,
  deps: CollectResultsDeps,
): Promise<{ output: string; receipt: string }> {
  const { sessionId, attempt } = parseInput(attemptInputSchema, event);
  const session = await deps.sessions.get(sessionId);
  if (session === undefined) throw new RunctlError('ConfigInvalid', `There is no record of session ${sessionId}.`);
  const manifests = manifestUris(session, attempt);
  if (manifests.length === 0) throw unverified(['the node reported no results manifest']);
  const problems: string[] = [];
  for (const uri of manifests) problems.push(...(await verify(deps, session, uri)));
  if (problems.length > 0) throw unverified(problems);
  deps.log.info('Results verified', { sessionId, attempt, manifests });
  return { output: session.resultsUri, receipt: await writeReceipt(deps, session) };
}

function manifestUris({ attempts }: Session, number: number): string[] {
  const nodes = attempts.find((each) => each.number === number)?.nodes ?? [];
  return nodes.flatMap(({ final }) => final?.resultsManifestUri ?? []);
}

/** Everything that is wrong with one manifest. */
async function verify({ objects }: CollectResultsDeps, session: Session, uri: string): Promise<string[]> {
  const folder = requireLocation(session.resultsUri);
  const location = parseS3Uri(uri);
  if (location === undefined || !isBelow(location, folder)) {
    return [`the manifest ${uri} is not below ${session.resultsUri}`];
  }
  const object = await objects.get(location.key, { bucket: location.bucket, maxBytes: MANIFEST_BYTES });
  if (object === undefined) return [`the manifest ${uri} is missing or too large`];
  const manifest = resultsManifestSchema.safeParse(parseJson(object.text));
  if (!manifest.success) return [`the manifest ${uri} is not readable`];
  const stored = new Map<string, number>();
  for await (const { key, sizeBytes } of objects.list(folder)) stored.set(s3Uri({ ...folder, key }), sizeBytes);
  return storedProblems(
    manifest.data.files.map(({ uri: name, sizeBytes }) => ({ name, sizeBytes })),
    stored,
  );
}

function requireLocation(uri: string): S3Location {
  const location = parseS3Uri(uri);
  if (location === undefined) throw new RunctlError('ConfigInvalid', `Not an S3 address: ${uri}`);
  return location;
}

function isBelow({ bucket, key }: S3Location, folder: S3Location): boolean {
  return bucket === folder.bucket && key.startsWith(folder.key);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unverified(problems: readonly string[]): RunctlError {
  const shown = problems.slice(0, PROBLEMS_SHOWN).map((problem) => `- ${problem}`);
  const more = problems.length > PROBLEMS_SHOWN ? [`… and ${problems.length - PROBLEMS_SHOWN} more`] : [];
  return new RunctlError(
    'ResultsUnverified',
    `Training finished, but its results could not be verified:\n${[...shown, ...more].join('\n')}`,
  );
}

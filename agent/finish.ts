/** Stage upload: the last checkpoint, the log, the results; then the last word. Safe to repeat after a restart. */
import { setMaxListeners } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { FinalStatus, ShutdownTiming } from '../core/node/node-status';
import { LAST_WORDS_SECONDS } from '../core/node/way-out';
import { logsPrefix, parseS3Uri, s3Uri } from '../core/s3-layout';
import type { AgentContext } from './context';
import { uploadResults } from './results';
import { isRefusal, messageOf, retry } from './retry';
import type { Ending } from './state-file';
import { rankOf } from './this-node';

const SECOND_MS = 1000;
/** Nothing left this node for so long: it will not. */
const PATIENCE_MS = 30 * 60 * SECOND_MS;

export async function finish(context: AgentContext, ending: Ending, shutdown: ShutdownTiming | null): Promise<void> {
  const { reporter, state, clock, logKeeper, log } = context;
  state.save({ phase: 'ending', ending });
  if (reporter.stage !== 'upload') reporter.enter('upload');
  const startedAtMs = clock.monotonic();
  const time = timeFor(context);
  await within(time, context, drain(context));
  const uploadSeconds = (clock.monotonic() - startedAtMs) / SECOND_MS;
  if (shutdown !== null) tellWayOut(context, { ...shutdown, uploadSeconds });
  await within(
    time,
    context,
    logKeeper.flush(PATIENCE_MS).catch((error: unknown) => log(`training log: ${messageOf(error)}`)),
  );
  const results = within(time, context, tryResults(context, ending, time.signal));
  const { manifestUri, ending: told } =
    (await results) ?? resultsMissing(ending, 'there was no time to upload the results');
  time.close();
  state.save({ ending: told });
  await sayLastWord(context, told, shutdown && { ...shutdown, uploadSeconds }, manifestUri);
  state.save({ phase: 'done' });
}

function tellWayOut({ log, reporter }: AgentContext, { saveSeconds, uploadSeconds }: ShutdownTiming): void {
  const last = reporter.lastCheckpoint;
  const what = last === null ? 'no checkpoint' : `${last.name}, ${last.sizeBytes} bytes`;
  log(`way out: saved in ${saveSeconds?.toFixed(1)} s, uploaded in ${uploadSeconds?.toFixed(1)} s (${what})`);
}

async function drain({ uploader, reporter, clock }: AgentContext): Promise<void> {
  const decided = new AbortController();
  const drained = uploader.drain().then(() => true);
  const gaveUp = clock.sleep(PATIENCE_MS, decided.signal).then(() => false);
  const isDrained = await Promise.race([drained, gaveUp]);
  decided.abort();
  if (isDrained) return;
  uploader.close();
  reporter.warn('The last checkpoint could not be uploaded.');
}

/** The time until the deadline, which a notice may still bring. */
function timeFor({ clock, latch }: AgentContext): { signal: AbortSignal; close: () => void } {
  const over = new AbortController();
  // Each file of the results listens: eleven are no leak.
  setMaxListeners(0, over.signal);
  const closed = new AbortController();
  const watch = () => {
    if (latch.deadlineMs === null) return;
    const leftMs = latch.deadlineMs - LAST_WORDS_SECONDS * SECOND_MS - clock.monotonic();
    clock.sleep(Math.max(0, leftMs), closed.signal).then(
      () => closed.signal.aborted || over.abort(),
      () => undefined,
    );
  };
  watch();
  latch.onChange(watch);
  return { signal: over.signal, close: () => closed.abort() };
}

/** Undefined when the time is up first. */
async function within<T>(
  { signal }: { signal: AbortSignal },
  { uploader }: AgentContext,
  work: Promise<T>,
): Promise<T | undefined> {
  let onAbort = () => {};
  const isOver = new Promise<undefined>((resolve) => {
    onAbort = () => {
      uploader.close();
      resolve(undefined);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, isOver]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}

interface Told {
  manifestUri: string | null;
  ending: Ending;
}

/** A command that succeeded has not, as long as its results are not in S3. */
function resultsMissing(ending: Ending, why: string): Told {
  if (ending.outcome !== 'succeeded') return { manifestUri: null, ending };
  return {
    manifestUri: null,
    ending: { ...ending, outcome: 'interrupted', reason: 'ResultsNotUploaded', error: why, stage: 'upload' },
  };
}

async function tryResults(context: AgentContext, ending: Ending, signal: AbortSignal): Promise<Told> {
  const { plan, config, folders, clock, log, store, reporter, logKeeper, lease } = context;
  const target = parseS3Uri(plan.resultsUri);
  if (target === undefined)
    return { manifestUri: null, ending: failed(ending, `not an S3 address: ${plan.resultsUri}`) };
  if (!context.state.state.hasTrained) return { manifestUri: null, ending };
  const rank = lease.order ? rankOf(context, lease.order) : 0;
  mkdirSync(folders.output, { recursive: true });
  mkdirSync(folders.scratch, { recursive: true });
  try {
    const uri = await uploadResults({
      clock,
      log,
      store,
      warn: (text) => reporter.warn(text),
      sessionId: config.sessionId,
      attempt: config.attempt,
      target: rank === 0 ? target : { bucket: target.bucket, key: `${target.key}node-${rank}/` },
      aside: ending.outcome !== 'succeeded',
      outputFolder: folders.output,
      logPath: await logKeeper.forResults(folders.scratch),
      scratchFolder: folders.scratch,
      giveUpAfterMs: PATIENCE_MS,
      signal,
      onFraction: (fraction) => reporter.setFraction(fraction),
    });
    return { manifestUri: ending.outcome === 'succeeded' ? uri : null, ending };
  } catch (error) {
    const why = `The results could not be uploaded: ${messageOf(error)}`;
    reporter.warn(why);
    if (ending.outcome === 'succeeded' && isRefusal(error)) return { manifestUri: null, ending: failed(ending, why) };
    return resultsMissing(ending, why);
  }
}

const failed = (ending: Ending, error: string): Ending => ({ ...ending, outcome: 'failed', error, stage: 'upload' });

async function sayLastWord(
  context: AgentContext,
  ending: Ending,
  shutdown: ShutdownTiming | null,
  resultsManifestUri: string | null,
): Promise<void> {
  const { reporter, clock, log } = context;
  reporter.enter('done');
  log(`outcome: ${ending.outcome}${ending.reason ? ` (${ending.reason})` : ''}`);
  const fields = { ...finalFields(context, ending), shutdown, resultsManifestUri };
  const what = 'final status';
  await retry(() => reporter.writeFinal(fields), { clock, log, what, giveUpAfterMs: PATIENCE_MS }).catch(
    (error: unknown) => log(`${what}: ${messageOf(error)}`),
  );
}

type Words = Omit<Parameters<AgentContext['reporter']['writeFinal']>[0], 'shutdown' | 'resultsManifestUri'>;

function finalFields({ notices, logKeeper, config, userId, state }: AgentContext, ending: Ending): Words {
  const { hasTrained } = state.state;
  return {
    notice: notices.notice ?? null,
    outcome: ending.outcome,
    reason: ending.reason,
    exitCode: ending.exitCode,
    signal: ending.signal,
    error: ending.error,
    stage: ending.stage,
    logTail: hasTrained ? logKeeper.tail : [],
    logUri: hasTrained ? s3Uri({ bucket: config.bucket, key: logsPrefix(userId) }) : null,
  };
}

/** Said as soon as a notice is seen: not yet an end. */
export async function tellNotice(
  context: Pick<AgentContext, 'reporter' | 'clock' | 'log'>,
  notice: FinalStatus['notice'],
): Promise<void> {
  const { reporter, clock, log } = context;
  const fields = {
    notice,
    outcome: null,
    reason: null,
    exitCode: null,
    signal: null,
    error: null,
    stage: reporter.stage,
    logTail: [],
    logUri: null,
    shutdown: null,
    resultsManifestUri: null,
  };
  await retry(() => reporter.writeFinal(fields), { clock, log, what: 'notice', giveUpAfterMs: 20 * SECOND_MS });
}

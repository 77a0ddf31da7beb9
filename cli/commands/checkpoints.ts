import { Command } from 'commander';
import type { CliContext } from '../context';
import { type CloudOptions, type JsonOption, withCloud, withJson } from '../options';

interface Options extends CloudOptions, JsonOption {
  verify?: true;
}

export function checkpointsCommand(context: CliContext): Command {
  return withJson(withCloud(new Command('checkpoints')))
    .description('the committed checkpoints of a session: step, size, age, and whether they are whole')
    .argument('<session>', 'session id')
    .option('--verify', 'read every byte and compare hashes; without it sizes are compared')
    .action((sessionId: string, options: Options) => checkpoints(context, sessionId, options));
}

async function checkpoints(context: CliContext, sessionId: string, options: Options): Promise<void> {
  const { openCloud } = await import('../cloud/open-cloud');
  const { lookAtCheckpoints, withHashes } = await import('../cloud/checkpoints');
  const { checkpointViews } = await import('../../core/view/checkpoint-view');
  const { renderCheckpoints } = await import('../render/checkpoints');
  const { Printer } = await import('../terminal/printer');
  const cloud = await openCloud(context, options);
  const { session } = await cloud.sessions.find(sessionId);
  const { bucket } = cloud.stack;
  const looks = session === null ? [] : await lookAtCheckpoints(cloud.s3, bucket, session);
  const checked = options.verify ? await withHashes(cloud.s3, bucket, looks) : looks;
  const views = session === null ? [] : checkpointViews(session, checked, { bucket, now: cloud.clock.now() });
  const printer = new Printer(context);
  if (options.json) return printer.json(views);
  if (views.length === 0) return printer.note(`Session ${sessionId} has no committed checkpoint.`);
  printer.lines(renderCheckpoints(views, printer.paint));
}

/** What the page's buttons do. */
import { resumeJob } from '../../core/plan/resume-job';
import type { DownloadAnswer, SubmitAnswer } from '../../core/view/page-api';
import { sessionView } from '../../core/view/session-view';
import { CliError } from '../cli-error';
import type { Cloud } from '../cloud/open-cloud';
import { requestStop } from '../cloud/request-stop';
import type { CliContext } from '../context';
import { bringHere, type Watching } from '../download-session';
import { EXIT } from '../exit-codes';
import { asCliError } from '../job-error';
import { callLocal, runningInstance } from '../local/disturb';
import { startExecution } from '../start-session';
import { stillPlanned } from '../stop-session';
import type { ResumeMore } from './page-api';

export async function askToStop(cloud: Cloud, sessionId: string, { now }: { now: boolean }): Promise<void> {
  const sources = await cloud.sessions.find(sessionId);
  const view = sessionView(sources);
  if (view.isOver) throw notNow(`${sessionId} has ended already: ${view.state}.`);
  if (sources.session === null) throw stillPlanned(view);
  await requestStop(cloud.client, { sessionId, ...(now ? { now: true as const } : {}) });
}

export async function resumeSession(cloud: Cloud, sessionId: string, more: ResumeMore): Promise<SubmitAnswer> {
  const { session } = await cloud.sessions.find(sessionId);
  if (session === null) throw notNow(`${sessionId} was never planned: there is nothing to go on with.`);
  const job = asCliError(() => resumeJob(session, { ...more, now: cloud.clock.now() }));
  const started = await startExecution(cloud, { ...job }, undefined);
  return { sessionId: started.sessionId };
}

export async function interruptSession(cloud: Cloud, sessionId: string): Promise<void> {
  const { endpoint } = cloud.client;
  if (!cloud.isLocal || endpoint === undefined) {
    throw notNow(
      'Only instances of the local cloud can be interrupted from here; on AWS, see the Fault Injection Service.',
    );
  }
  await callLocal(endpoint, 'interrupt', { instanceId: await runningInstance(cloud, sessionId) });
}

export function bringResults(
  context: CliContext,
  cloud: Cloud,
  sessionId: string,
  watching: Watching,
): Promise<DownloadAnswer> {
  return bringHere(context, cloud, { sessionId, folder: undefined, options: {} }, watching);
}

const notNow = (message: string) => new CliError(message, { exitCode: EXIT.usage });

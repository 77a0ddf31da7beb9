/** The page's API on a stack: what the commands do, for a page instead of a terminal. */

import { monthOf } from '../../core/costs/ledger';
import { receiptOf } from '../../core/costs/receipt';
import { planSchema } from '../../core/plan/plan';
import { planKey } from '../../core/s3-layout';
import { iso } from '../../core/time';
import { checkpointViews } from '../../core/view/checkpoint-view';
import type * as Api from '../../core/view/page-api';
import { sessionView } from '../../core/view/session-view';
import { stateTimings } from '../../core/view/state-timings';
import { checkpointsIn } from '../cloud/checkpoints';
import { consoleLinks } from '../cloud/console-links';
import { readLedger } from '../cloud/ledger';
import { Logs } from '../cloud/logs';
import { readJson } from '../cloud/objects';
import type { Cloud } from '../cloud/open-cloud';
import type { CliContext } from '../context';
import { monthsUpTo } from '../months';
import { actionCommands, submitCommands } from './action-commands';
import { CheckpointShelf } from './checkpoint-shelf';
import { Downloads } from './downloads';
import { lookAtFleet } from './fleet';
import { checkJob, forecastJob, submitJob } from './form-job';
import { LogShelf } from './log-shelf';
import { askToStop, bringResults, interruptSession, resumeSession } from './page-actions';
import type { LogQuery, PageApi, RawJob, ResumeMore } from './page-api';
import { SessionListing } from './session-listing';
import { StateHistory } from './state-history';

/** Between two looks of the page. AWS is asked less often: its calls have limits, and some a price. */
const POLL_MS = { local: 1000, aws: 4000 };
/** This month and the one before, as the daily report has them. */
const COST_MONTHS = 2;

export class CloudPageApi implements PageApi {
  readonly #listing: SessionListing;
  readonly #history: StateHistory;
  readonly #shelf: LogShelf;
  readonly #checkpoints: CheckpointShelf;
  readonly #pollMs: number;
  readonly #downloads = new Downloads();

  constructor(
    private readonly context: CliContext,
    private readonly openedCloud: Cloud,
    monotonicMs: () => number,
  ) {
    const { isLocal, client, sessions, clock, s3, stack } = openedCloud;
    this.#pollMs = isLocal ? POLL_MS.local : POLL_MS.aws;
    this.#listing = new SessionListing({ sessions, clock, monotonicMs, leastMs: this.#pollMs * 0.8 });
    this.#history = new StateHistory(client);
    this.#shelf = new LogShelf(new Logs(openedCloud));
    this.#checkpoints = new CheckpointShelf(checkpointsIn(s3, stack.bucket), monotonicMs);
  }

  async cloud(): Promise<Api.CloudInfo> {
    const { stack, isLocal, clock } = this.openedCloud;
    const { stackName, region, accountId } = stack;
    return {
      stackName,
      region,
      accountId,
      isLocal,
      folder: this.context.cwd,
      now: clock.now(),
      pollMs: this.#pollMs,
      submit: submitCommands(this.openedCloud),
    };
  }

  sessions(since: number): Promise<Api.SessionChanges> {
    return this.#listing.since(since);
  }

  async session(sessionId: string): Promise<Api.SessionDetails> {
    const sources = await this.openedCloud.sessions.find(sessionId, 'all');
    const { session, now } = sources;
    const view = sessionView(sources);
    return {
      now,
      view,
      job: session?.job ?? null,
      receipt: session && receiptOf(session, now),
      actions: actionCommands(this.openedCloud, view),
      links: consoleLinks(this.openedCloud, sessionId),
    };
  }

  async states(sessionId: string): Promise<Api.StatesAnswer> {
    const { sessions } = this.openedCloud;
    const { execution } = await sessions.find(sessionId);
    const events = await this.#history.of(sessions.executionArn(sessionId));
    return { states: events && stateTimings(events, execution?.endedAt ?? null) };
  }

  async metrics(sessionId: string, version: string): Promise<Api.MetricsAnswer> {
    const { session, reports } = await this.openedCloud.sessions.find(sessionId);
    return session === null ? { version: '', attempts: [] } : this.#shelf.metrics({ session, reports }, version);
  }

  async logs(sessionId: string, query: LogQuery): Promise<Api.LogsAnswer> {
    const session = await this.openedCloud.sessions.record(sessionId);
    const { attempt, generation } = query;
    const nothing = { attempt, generation, from: 0, lines: [], dropped: 0, isOver: false };
    return session === null ? nothing : this.#shelf.read(session, query);
  }

  async checkpoints(sessionId: string): Promise<Api.CheckpointView[]> {
    const { stack, sessions, clock } = this.openedCloud;
    const session = await sessions.record(sessionId);
    if (session === null) return [];
    return checkpointViews(session, await this.#checkpoints.of(session), { bucket: stack.bucket, now: clock.now() });
  }

  async plan(sessionId: string): Promise<Api.Plan | null> {
    const { s3, stack } = this.openedCloud;
    const plan = planSchema.safeParse(await readJson(s3, { bucket: stack.bucket, key: planKey(sessionId) }));
    return plan.success ? plan.data : null;
  }

  fleet(): Promise<Api.FleetAnswer> {
    return lookAtFleet(this.context, this.openedCloud);
  }

  async costs(): Promise<Api.CostsAnswer> {
    const { client, stack, clock } = this.openedCloud;
    const now = clock.now();
    const months = monthsUpTo(monthOf(iso(now)), COST_MONTHS);
    return { now, entries: await readLedger(client, stack.tableName, months), budgets: stack.budgets };
  }

  check(job: RawJob): Promise<Api.CheckAnswer> {
    return checkJob(this.context, this.openedCloud, job);
  }

  forecast(job: RawJob): Promise<Api.PlanView> {
    return forecastJob(this.context, this.openedCloud, job);
  }

  submit(job: RawJob, id: string | undefined): Promise<Api.SubmitAnswer> {
    return this.#changing(submitJob(this.context, this.openedCloud, job, id));
  }

  stop(sessionId: string, options: { now: boolean }): Promise<void> {
    return this.#changing(askToStop(this.openedCloud, sessionId, options));
  }

  resume(sessionId: string, more: ResumeMore): Promise<Api.SubmitAnswer> {
    return this.#changing(resumeSession(this.openedCloud, sessionId, more));
  }

  interrupt(sessionId: string): Promise<void> {
    return this.#changing(interruptSession(this.openedCloud, sessionId));
  }

  download(sessionId: string): Promise<Api.DownloadAnswer> {
    return this.#downloads.begin(sessionId, (watching) =>
      bringResults(this.context, this.openedCloud, sessionId, watching),
    );
  }

  async downloadProgress(sessionId: string): Promise<Api.DownloadProgress | null> {
    return this.#downloads.progressOf(sessionId);
  }

  #changing<T>(change: Promise<T>): Promise<T> {
    return change.finally(() => this.#listing.expire());
  }
}

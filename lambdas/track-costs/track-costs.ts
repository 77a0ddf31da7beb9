/**
 * Costs to date of every session, from live prices, every five minutes: into its record (from which its limits and
 * alerts follow, by the same decision as always), into the ledger, and from there into budgets and metrics.
 * Passes never overlap; one that runs out of time goes on where it stopped.
 */
import { stackBudgetAlerts } from '../../core/alerts/stack-budget';
import { type Budgets, type MonthSums, sumsOfThisMonth } from '../../core/costs/budgets';
import { ledgerEntries } from '../../core/costs/ledger';
import { lacksPrices, onDemandPriceGaps, spotPriceGaps } from '../../core/costs/price-gaps';
import { type PriceHistory, poolOf } from '../../core/costs/prices';
import { RunctlError } from '../../core/errors';
import type { AlertMarks, CostLedger, Cursors, Lock, Prices } from '../../core/ports';
import { allNodes } from '../../core/session/attempts';
import type { Node, Session } from '../../core/session/session';
import { HOUR_MS, isOlderThan, iso } from '../../core/time';
import { type AdvanceDeps, advanceSession } from '../shared/advance-session';
import { inParallel } from '../shared/in-parallel';
import { errorFields } from '../shared/log';
import { publishOnce } from '../shared/publish-once';
import { updateSession } from '../shared/update-session';
import { writeReceipt } from '../shared/write-receipt';
import { measureSpend } from './measure-spend';

export interface TrackCostsDeps extends AdvanceDeps {
  prices: Prices;
  ledger: CostLedger;
  marks: AlertMarks;
  cursors: Cursors;
  lock: Lock;
  budgets: Budgets;
  region: string;
  /** Unique to this invocation. */
  holder: string;
  /** Milliseconds since the Unix epoch: no session is begun after it. */
  deadlineMs: number;
  measure: (metric: string, value: number, dimensions?: Record<string, string>) => void;
}

const PASS = 'track-costs';
/** Set from before a session's last figures until all budgets were told of them. */
const BUDGET_ALERTS = 'track-costs/budget-alerts';
const DUE = 'due';
/** The function's own time-out: a pass that died frees it by then. */
export const LOCK_SECONDS = 120;
const SESSIONS_AT_ONCE = 8;
/** For so long after its release a session's last figures wait for prices that EC2 would not tell. */
const PRICE_PATIENCE_MS = HOUR_MS;

export interface PassResult {
  sessions: number;
  /** False: it ran out of time, and the next pass goes on from there. */
  isComplete: boolean;
}

/** Throws one error at the end when some sessions failed; the others have their costs. */
export async function trackCosts(deps: TrackCostsDeps): Promise<PassResult> {
  const { lock, holder, log } = deps;
  if (!(await lock.acquire(PASS, holder, LOCK_SECONDS))) {
    log.info('Another pass is still going on', {});
    return { sessions: 0, isComplete: false };
  }
  try {
    return await pass(deps);
  } finally {
    await lock.release(PASS, holder);
  }
}

async function pass(deps: TrackCostsDeps): Promise<PassResult> {
  const { sessions, instances, isComplete, failures } = await walkSessions(deps);
  // Without a session nothing has changed: an idle pass reads no ledger, unless one before it could not tell all.
  if (sessions > 0 || (await deps.cursors.get(BUDGET_ALERTS)) !== null) {
    const sums = await sumsOfThisMonth(deps);
    for (const state of sums.all())
      for (const alert of stackBudgetAlerts(state, deps.region)) await publishOnce(deps, alert);
    await deps.cursors.set(BUDGET_ALERTS, null);
    if (sessions > 0 && isComplete) measureSpend(deps.measure, { sessions, instances, sums });
  }
  if (failures.length === 0) return { sessions, isComplete };
  throw new RunctlError('AwsUnavailable', `The costs of ${failures.length} session(s) are not computed; see the log.`, {
    cause: failures[0],
  });
}

interface Walk {
  sessions: number;
  /** Of them, on the bill. */
  instances: number;
  isComplete: boolean;
  failures: unknown[];
}

/** Every unsettled session, from where the pass before stopped. */
async function walkSessions(deps: TrackCostsDeps): Promise<Walk> {
  const { clock, cursors, log, deadlineMs } = deps;
  const walk: Walk = { sessions: 0, instances: 0, isComplete: true, failures: [] };
  const began = await cursors.get(PASS);
  let position: string | null = null;
  let budgets: MonthSums | undefined;
  for await (const batch of batches(deps.sessions.unsettledSessions(began), SESSIONS_AT_ONCE)) {
    if (budgets === undefined) await cursors.set(BUDGET_ALERTS, DUE);
    budgets ??= await sumsOfThisMonth(deps);
    const before = budgets;
    const failed = await inParallel(batch, SESSIONS_AT_ONCE, (session) => track(deps, session, before));
    for (const { item, error } of failed) {
      log.error('The costs of a session are not computed', { sessionId: item.sessionId, ...errorFields(error) });
      walk.failures.push(error);
    }
    walk.sessions += batch.length;
    walk.instances += batch.flatMap(liveNodes).length;
    walk.isComplete = clock.now() < deadlineMs;
    position = walk.isComplete ? null : (batch.at(-1)?.sessionId ?? null);
    if (!walk.isComplete) break;
  }
  if (position !== began) await cursors.set(PASS, position);
  return { ...walk, isComplete: walk.isComplete && began === null };
}

function liveNodes(session: Session): Node[] {
  return allNodes(session).filter(({ endedAt }) => endedAt === null);
}

async function track(deps: TrackCostsDeps, before: Session, budgets: MonthSums): Promise<void> {
  const { clock, ledger, sessions } = deps;
  const { sessionId, job } = before;
  const costs = {
    spotPrices: await askSpotPrices(deps.prices, before),
    onDemandPrices: await askOnDemandPrices(deps.prices, before),
    budgetLimit: before.outcome === null ? budgets.limitOf(job, clock.now()) : null,
  };
  const session = await advanceSession(deps, sessionId, { costs });
  for (const entry of ledgerEntries(session, clock.now())) await ledger.put(entry);
  if (session.releasedAt === null || session.costsSettledAt !== null) return;
  const isPatient = !isOlderThan(session.releasedAt, PRICE_PATIENCE_MS, clock.now());
  if (lacksPrices(session) && isPatient) return;
  const settled = { ...session, costsSettledAt: iso(clock.now()) };
  await writeReceipt(deps, settled);
  await updateSession(sessions, sessionId, (current) => ({ ...current, costsSettledAt: settled.costsSettledAt }));
}

async function askSpotPrices(prices: Prices, session: Session): Promise<Record<string, PriceHistory>> {
  const asked = spotPriceGaps(session).map(async ({ instanceType, zone, since }) => {
    const history = await prices.spotHistory(instanceType, zone, since);
    return history === null ? [] : [[poolOf({ instanceType, zone }), history] as const];
  });
  return Object.fromEntries((await Promise.all(asked)).flat());
}

/** By instance type. */
async function askOnDemandPrices(prices: Prices, session: Session): Promise<Record<string, number>> {
  const asked = onDemandPriceGaps(session).map(async (type) => {
    const usdPerHour = await prices.onDemand(type);
    return usdPerHour === null ? [] : [[type, usdPerHour] as const];
  });
  return Object.fromEntries((await Promise.all(asked)).flat());
}

async function* batches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

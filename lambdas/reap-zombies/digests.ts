/**
 * What there is to tell after a pass, as few messages: one for each pass that found something and each that saw something
 * end, one a day for what stays. A mark says which pass found it, so that a pass that died before it told is told for.
 */
import { volumeUsdPerHour } from '../../core/costs/unit-prices';
import type { Notification } from '../../core/notifications/notification';
import type { AlertMarks, Clock, Notifier, Prices, ZombieMarks } from '../../core/ports';
import { isOlderThan, iso } from '../../core/time';
import type { ZombieMark } from '../../core/zombies/judge';
import {
  foundReport,
  leftReport,
  overReport,
  type PricedMark,
  type ReportContext,
  SHOWN_LIMIT,
} from '../../core/zombies/report';
import type { BilledResource } from '../../core/zombies/resource';
import { inParallel } from '../shared/in-parallel';
import { PUBLISHED_AFTER_MS, publishOnce } from '../shared/publish-once';

export interface DigestDeps {
  alerts: AlertMarks;
  notifier: Notifier;
  marks: Pick<ZombieMarks, 'put' | 'remove'>;
  prices: Prices;
  clock: Clock;
  region: string;
}

type Tell = (shown: readonly PricedMark[], count: number, context: ReportContext) => Notification;

/** Between two passes: lib/schedules.ts. */
const PASS_MINUTES = 10;
const WRITES_AT_ONCE = 16;

export class Digests {
  readonly #found = new Map<string, ZombieMark[]>();
  readonly #over = new Map<string, ZombieMark[]>();
  readonly #left: ZombieMark[] = [];

  found(mark: ZombieMark): void {
    add(this.#found, mark.passId, mark);
  }

  /** Only what people were told of before is told to be over. */
  over(mark: ZombieMark): void {
    add(this.#over, mark.end?.passId ?? '', mark);
  }

  left(mark: ZombieMark): void {
    this.#left.push(mark);
  }

  /** All are tried; then the first failure is thrown. What was not told stays marked so, and is told next time. */
  async tell(deps: DigestDeps): Promise<void> {
    const failures: unknown[] = [];
    const attempt = (work: Promise<void>) => work.catch((error: unknown) => void failures.push(error));
    for (const [passId, marks] of this.#found) await attempt(tellFound(deps, passId, marks));
    for (const [passId, marks] of this.#over) await attempt(tellOver(deps, passId, marks));
    if (this.#left.length > 0) await attempt(tellLeft(deps, this.#left));
    if (failures.length > 0) throw failures[0];
  }
}

function add(groups: Map<string, ZombieMark[]>, passId: string, mark: ZombieMark): void {
  const group = groups.get(passId);
  if (group === undefined) groups.set(passId, [mark]);
  else group.push(mark);
}

async function tellFound(deps: DigestDeps, passId: string, marks: readonly ZombieMark[]): Promise<void> {
  const isTold = await publish(deps, marks, (...about) => foundReport(passId, ...about));
  const at = iso(deps.clock.now());
  const told = marks.filter(({ markedAt }) => isTold || isOlderThan(markedAt, PUBLISHED_AFTER_MS, deps.clock.now()));
  await forEach(told, (mark) => deps.marks.put({ ...mark, toldAt: at }));
}

async function tellOver(deps: DigestDeps, passId: string, marks: readonly ZombieMark[]): Promise<void> {
  const known = marks.filter(({ toldAt, requestedAt }) => toldAt !== null || requestedAt !== null);
  const isTold = known.length === 0 || (await publish(deps, known, (...about) => overReport(passId, ...about)));
  const done = marks.filter(
    ({ end }) => isTold || (end !== null && isOlderThan(end.at, PUBLISHED_AFTER_MS, deps.clock.now())),
  );
  await forEach(done, ({ resource }) => deps.marks.remove(resource.resourceId));
}

async function tellLeft(deps: DigestDeps, marks: readonly ZombieMark[]): Promise<void> {
  const day = iso(deps.clock.now()).slice(0, 10);
  await publish(deps, marks, (...about) => leftReport(day, ...about));
}

async function publish(deps: DigestDeps, marks: readonly ZombieMark[], tell: Tell): Promise<boolean> {
  const { alerts, notifier, clock, region } = deps;
  const shown = await Promise.all(marks.slice(0, SHOWN_LIMIT).map((mark) => priced(deps, mark)));
  const notification = tell(shown, marks.length, { region, passMinutes: PASS_MINUTES, now: clock.now() });
  return publishOnce({ marks: alerts, notifier }, notification);
}

async function priced({ prices }: DigestDeps, mark: ZombieMark): Promise<PricedMark> {
  return { mark, usdPerHour: await usdPerHourOf(prices, mark.resource) };
}

async function usdPerHourOf(prices: Prices, resource: BilledResource): Promise<number | null> {
  if (resource.kind === 'instance') {
    const { market, instanceType, zone } = resource;
    return market === 'spot' ? prices.spot(instanceType, zone) : prices.onDemand(instanceType);
  }
  if (resource.volumeType !== 'gp3') return null;
  const usdPerGibMonth = await prices.volumeUsdPerGibMonth();
  return usdPerGibMonth === null ? null : volumeUsdPerHour(usdPerGibMonth, resource.sizeGiB);
}

async function forEach(marks: readonly ZombieMark[], write: (mark: ZombieMark) => Promise<void>): Promise<void> {
  const [failure] = await inParallel(marks, WRITES_AT_ONCE, write);
  if (failure !== undefined) throw failure.error;
}

/** What people are told of zombies: what was found, since when, what it cost, what is done about it, and how to act. */
import type { Notification } from '../notifications/notification';
import { HOUR_MS, MINUTE_MS, ms, utc } from '../time';
import type { ZombieEnd, ZombieMark } from './judge';
import { type BilledResource, expiresAtOf, sessionIdOf } from './resource';

/** A zombie with its price now, in USD per hour; null when unknown. */
export interface PricedMark {
  mark: ZombieMark;
  usdPerHour: number | null;
}

export interface ReportContext {
  region: string;
  /** Between two passes. */
  passMinutes: number;
  /** Milliseconds since the Unix epoch. */
  now: number;
}

/** Named one by one in a message; the others are counted. */
export const SHOWN_LIMIT = 40;
/** Zombies that are still there after this are told of again. */
export const REMIND_AFTER_MS = 24 * HOUR_MS;

type Report = Pick<Notification, 'alertId' | 'kind' | 'severity' | 'sessionId' | 'subject' | 'body'>;

/** The first of `shown` out of `count` that one pass marked. */
export function foundReport(
  passId: string,
  shown: readonly PricedMark[],
  count: number,
  context: ReportContext,
): Report {
  return report(`zombies-found-${passId}`, 'warning', {
    subject: `runctl: ${things(count)} on the bill that ${count === 1 ? 'belongs' : 'belong'} to no session`,
    intro: `${things(count)} tagged CreatedBy=runctl ${count === 1 ? 'is' : 'are'} on the bill, and no session accounts for ${count === 1 ? 'it' : 'them'}:`,
    items: shown.map((each) => [
      ...describe(each, context),
      ...outlook(each.mark, context),
      ...commands(each.mark, context),
    ]),
    count,
  });
}

/** Of zombies that are over. */
export function overReport(
  passId: string,
  shown: readonly PricedMark[],
  count: number,
  context: ReportContext,
): Report {
  return report(`zombies-over-${passId}`, 'info', {
    subject: `runctl: ${things(count)} reported before ${count === 1 ? 'is' : 'are'} off the list`,
    intro: 'What was reported before is settled:',
    items: shown.map((each) => [...describe(each, context), `  Now: ${END_WORDS[each.mark.end?.how ?? 'ended']}`]),
    count,
  });
}

/** At most one a day, of those that are left alone or do not go. */
export function leftReport(day: string, shown: readonly PricedMark[], count: number, context: ReportContext): Report {
  return report(`zombies-left-${day}`, 'warning', {
    subject: `runctl: ${things(count)} found before ${count === 1 ? 'is' : 'are'} still on the bill`,
    intro: 'Found more than a day ago, and still on the bill:',
    items: shown.map((each) => [
      ...describe(each, context),
      ...outlook(each.mark, context),
      ...commands(each.mark, context),
    ]),
    count,
  });
}

interface Text {
  subject: string;
  intro: string;
  items: readonly string[][];
  count: number;
}

function report(alertId: string, severity: Notification['severity'], { subject, intro, items, count }: Text): Report {
  const more = count > items.length ? ['', `… and ${count - items.length} more; the function's log names them.`] : [];
  const body = [intro, ...items.flatMap((lines) => ['', ...lines]), ...more].join('\n');
  return { alertId, kind: 'zombie', severity, sessionId: null, subject, body };
}

const things = (count: number) => (count === 1 ? '1 resource' : `${count} resources`);

function describe({ mark, usdPerHour }: PricedMark, { now }: ReportContext): string[] {
  const { resource, reason } = mark;
  const { resourceId, createdAt } = resource;
  const untilMs = mark.end === null ? now : ms(mark.end.at);
  const hours = Math.max(0, untilMs - ms(createdAt)) / HOUR_MS;
  return [
    `${resourceId}: ${whatItIs(resource)}, made ${utc(createdAt)} (${hours.toFixed(1)} hours before this look)`,
    `  Why: ${whyWords(resource, reason)}`,
    `  Cost so far: ${costWords(resource, usdPerHour, hours)}`,
  ];
}

function whatItIs(resource: BilledResource): string {
  const { zone, state } = resource;
  if (resource.kind === 'instance')
    return `instance ${resource.instanceType} (${resource.market}) in ${zone}, ${state}`;
  // As EC2 calls it.
  const now = state === 'available' ? 'attached to nothing' : state;
  return `volume of ${resource.sizeGiB} GiB (${resource.volumeType}) in ${zone}, ${now}`;
}

function whyWords(resource: BilledResource, reason: ZombieMark['reason']): string {
  if (reason === 'expired') {
    return `its time was over at ${utc(expiresAtOf(resource) ?? '')} (tag ExpiresAt); session ${sessionIdOf(resource) ?? 'unknown'}`;
  }
  const sessionId = sessionIdOf(resource);
  return sessionId === null
    ? 'it has no tag SessionId, so no session can account for it'
    : `there is no record of its session ${sessionId}`;
}

function costWords(resource: BilledResource, usdPerHour: number | null, hours: number): string {
  if (resource.state === 'stopping' || resource.state === 'stopped') {
    return 'unknown: it is stopped, and since when it was running is not known';
  }
  const type = resource.kind === 'instance' ? resource.instanceType : `${resource.volumeType} volumes`;
  if (usdPerHour === null) return `unknown: the price of ${type} could not be found`;
  const without = resource.kind === 'instance' ? ', without disks and addresses' : '';
  return `about $${(usdPerHour * hours).toFixed(2)}, at today's $${usdPerHour.toFixed(4)} an hour${without}`;
}

function outlook({ plan, requestedAt, reason, resource, markedAt }: ZombieMark, context: ReportContext): string[] {
  const verb = resource.kind === 'instance' ? 'terminated' : 'deleted';
  if (requestedAt !== null)
    return [`  Done: asked to be ${verb} at ${utc(requestedAt)}; it has not gone yet and is asked again.`];
  switch (plan) {
    case 'protected':
      return ['  Next: nothing. It is left alone because of its tag Protected=true, and goes on costing.'];
    case 'dry-run':
      return [`  Next: nothing (reapDryRun is on); else it would be ${verb}.`];
    case 'reap': {
      const minutes = Math.max(0, (ms(markedAt) - context.now) / MINUTE_MS + context.passMinutes);
      const after =
        reason === 'expired' && resource.kind === 'instance'
          ? ' A session of it that is still open goes on on a new instance, from its newest verified checkpoint.'
          : '';
      return [
        `  Next: looked at again in about ${Math.ceil(minutes)} minutes, and ${verb} if nothing has changed.${after}`,
      ];
    }
  }
}

function commands({ plan, resource }: ZombieMark, { region }: ReportContext): string[] {
  const { resourceId } = resource;
  const tags = `--region ${region} --resources ${resourceId} --tags Key=Protected`;
  const end =
    resource.kind === 'instance'
      ? `aws ec2 terminate-instances --region ${region} --instance-ids ${resourceId}`
      : `aws ec2 delete-volume --region ${region} --volume-id ${resourceId}`;
  return [
    ...(plan === 'protected'
      ? [`  To give it up: aws ec2 delete-tags ${tags}`]
      : [`  To keep it: aws ec2 create-tags ${tags},Value=true`]),
    `  To end it now: ${end}`,
  ];
}

const END_WORDS: Record<ZombieEnd, string> = {
  reaped: 'gone: ended by runctl, and EC2 confirms it.',
  ended: 'gone: it ended by itself, or somebody else ended it.',
  'accounted-for': 'left alone: its session has a record and its time is not over.',
  'not-ours': 'left alone: its tags no longer say that this stack made it.',
  'in-use': 'left alone: it is not idle any more.',
};

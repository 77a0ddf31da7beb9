/**
 * Launching an attempt: what to ask of EC2 next, and what follows from its answer. Launching twice is impossible: the
 * whole request is recorded before the call, its client token is derived from (session, attempt, market, try), and a
 * request without a recorded outcome is replayed as it stands. A try that got nothing is followed by a new number.
 */

import { withGivenBack } from '../costs/given-back';
import { type ErrorName, RunctlError, startsNewAttempt } from '../errors';
import { marketsOf } from '../plan/affordable';
import { quotaOf, raiseCommand } from '../plan/quotas';
import { currentAttempt, isReplacement, replacementOf, withAttempt } from '../session/attempts';
import { compactAttempt } from '../session/compact-attempt';
import {
  type Attempt,
  type LaunchRequest,
  type Market,
  type Node,
  type PoolError,
  type Session,
  withTimeline,
} from '../session/session';
import { withVerdict } from '../session/verdict';
import { HOUR_MS, iso, MINUTE_MS, ms, SECOND_MS } from '../time';
import { describePoolErrors, refusalOfAll, replacePoolErrors } from './launch-errors';
import { affordableTypes, type LaunchContext, launchRequest } from './launch-request';

export type LaunchStep =
  /** This attempt has its nodes. */
  | { kind: 'launched' }
  /** `session` has the intent: to be saved before the call. */
  | { kind: 'call'; session: Session; request: LaunchRequest }
  /** Nothing is to be launched any more. */
  | { kind: 'stop'; error: ErrorName; message: string };

const FIRST_WAIT_SECONDS = 15;
const LONGEST_WAIT_SECONDS = 300;
/** Of a launch that came to something. */
const ERRORS_KEPT = 10;

/** Throws ConfigInvalid when the attempt is not the next one. */
export function nextLaunch(session: Session, number: number, context: LaunchContext): LaunchStep {
  const superseded = supersededBy(session, number);
  if (superseded !== null) return { kind: 'stop', ...superseded };
  const attempt = session.attempts.find((each) => each.number === number);
  if (attempt === undefined && number !== session.attempts.length + 1) {
    throw new RunctlError(
      'ConfigInvalid',
      `Attempt ${number} cannot follow attempt ${session.attempts.length} of session ${session.sessionId}.`,
    );
  }
  if (attempt !== undefined && attempt.nodes.length > 0) return { kind: 'launched' };
  if (attempt !== undefined && attempt.launch.doneAt === null) {
    return { kind: 'call', session, request: attempt.launch.request };
  }
  return newTry(session, number, attempt, context);
}

function newTry(session: Session, number: number, attempt: Attempt | undefined, context: LaunchContext): LaunchStep {
  const { now } = context;
  const tryNumber = (attempt?.launch.try ?? 0) + 1;
  const market = nextMarket(session, number, attempt, context);
  const request = launchRequest(session, { attempt: number, market, tryNumber }, context);
  const launch = {
    try: tryNumber,
    request,
    errors: attempt?.launch.errors ?? [],
    requestedAt: iso(now),
    doneAt: null,
  };
  if (attempt !== undefined) return { kind: 'call', session: withAttempt(session, { ...attempt, launch }), request };
  const smaller = {
    ...session,
    attempts: session.attempts.map((each) => (each.verdict === null ? each : compactAttempt(each))),
  };
  return { kind: 'call', session: withAttempt(smaller, newAttempt(number, launch, now)), request };
}

function newAttempt(number: number, launch: Attempt['launch'], now: number): Attempt {
  return {
    number,
    beganAt: iso(now),
    launch,
    nodes: [],
    command: null,
    taskToken: null,
    heartbeatAt: null,
    verdict: null,
    completion: null,
  };
}

/** Whether the session wants no more nodes for this attempt, and as what that is said. */
export function supersededBy(session: Session, number: number): { error: ErrorName; message: string } | null {
  if (session.outcome !== null) return { error: 'StoppedByUser', message: `The session has ended already.` };
  if (session.stopRequest !== null) {
    return { error: 'StoppedByUser', message: `Stopped by ${session.stopRequest.by} before training began.` };
  }
  const current = currentAttempt(session);
  if (current !== undefined && current.number > number) {
    return { error: 'NodeLost', message: `Attempt ${number} has been followed by attempt ${current.number}.` };
  }
  if (current?.verdict && current.number < number && !startsNewAttempt(current.verdict.error)) {
    return { error: 'ReplacementDropped', message: `Attempt ${current.number} has ended, and none is to follow it.` };
  }
  const verdict = session.attempts.find((each) => each.number === number)?.verdict;
  return verdict?.error ? { error: verdict.error, message: verdict.message } : null;
}

/** What is replaced still trains: there is no need yet to pay more. */
function marketsFor(session: Session, number: number): readonly Market[] {
  const markets = marketsOf(session.job);
  return isReplacement(session, number) ? markets.slice(0, 1) : markets;
}

function nextMarket(session: Session, number: number, attempt: Attempt | undefined, context: LaunchContext): Market {
  const [first = 'spot', second] = marketsFor(session, number);
  if (second === undefined) return first;
  const hasPools = affordableTypes(session, context.plan, first).length > 0;
  if (!hasPools) return second;
  if (attempt === undefined) return first;
  const { launch } = attempt;
  const spotErrors = launch.errors.filter(({ market }) => market === first);
  const isRefused = spotErrors.length > 0 && refusalOfAll(spotErrors) !== 'capacity';
  return launch.request.market === second || isRefused || spotPatienceEnd(session, attempt) <= context.now
    ? second
    : first;
}

/** No later than all patience: on demand is tried once before giving up. */
function spotPatienceEnd({ job }: Session, { beganAt }: Attempt): number {
  const { spotPatienceMinutes, patienceHours } = job.launch;
  return ms(beganAt) + Math.min(spotPatienceMinutes * MINUTE_MS, patienceHours * HOUR_MS);
}

export interface LaunchOutcome {
  clientToken: string;
  nodes: readonly Node[];
  /** Too few, and terminated: nobody's nodes, but on the bill. */
  givenBack?: readonly Node[];
  errors: readonly PoolError[];
}

/**
 * The record with the outcome of the call whose client token this is. Nodes that nobody wants any more are recorded too
 * (they cost), as to be terminated: see `supersededBy`.
 */
export function recordLaunch(session: Session, number: number, outcome: LaunchOutcome, now: number): Session {
  const attempt = session.attempts.find((each) => each.number === number);
  if (attempt === undefined || attempt.launch.request.clientToken !== outcome.clientToken) return session;
  // With nodes but no outcome: the session ended meanwhile, and reconcile found them.
  if (attempt.launch.doneAt !== null || attempt.nodes.length > 0) return session;
  const isUnwanted = supersededBy(session, number) !== null;
  const nodes = outcome.nodes.map((node) => ({ ...node, terminateRequestedAt: isUnwanted ? iso(now) : null }));
  const { request } = attempt.launch;
  const errors = replacePoolErrors(attempt.launch.errors, outcome.errors, request.market);
  // A call with an outcome is never replayed, and its pools are many: an item of the table has 400 KB for all attempts.
  const launch = { ...attempt.launch, doneAt: iso(now), request: { ...request, pools: [] }, errors };
  const kept = nodes.length > 0 ? { ...launch, errors: errors.slice(0, ERRORS_KEPT) } : launch;
  const charged = withGivenBack(attempt, outcome.givenBack ?? [], session, now);
  return noteLaunch(withAttempt(session, { ...charged, nodes, launch: kept }), number, now);
}

/** Tries after the first that got nothing are not news. */
function noteLaunch(session: Session, number: number, now: number): Session {
  const attempt = session.attempts.find((each) => each.number === number);
  if (attempt === undefined || (attempt.nodes.length === 0 && attempt.launch.try > 1)) return session;
  const { nodes, launch } = attempt;
  const where = nodes.map(({ instanceId, instanceType, zone }) => `${instanceId} (${instanceType}, ${zone})`);
  const codes = [...new Set(launch.errors.map(({ code }) => code))].join(', ');
  const what = nodes.length > 0 ? `launched ${where.join(', ')}` : `found no room: ${codes}`;
  return withTimeline(session, iso(now), `Attempt ${number} ${what} on ${launch.request.market}`);
}

export type AfterNothing =
  | { kind: 'wait'; waitSeconds: number }
  /** Another market is tried at once. */
  | { kind: 'again' }
  | { kind: 'fail'; error: ErrorName; message: string };

/** A try gave no nodes, as recorded. */
export function afterNothing(session: Session, number: number, context: LaunchContext): AfterNothing {
  const { now } = context;
  const attempt = session.attempts.find((each) => each.number === number);
  if (attempt === undefined) throw new RunctlError('ConfigInvalid', `There is no attempt ${number}.`);
  const { market } = attempt.launch.request;
  const refusal = refusalOfAll(attempt.launch.errors.filter((error) => error.market === market));
  const isFirstOfTwo = marketsFor(session, number)[1] !== undefined && market === 'spot';
  const hasOther = isFirstOfTwo && affordableTypes(session, context.plan, 'on-demand').length > 0;
  if (refusal !== 'capacity') {
    return hasOther ? { kind: 'again' } : failed(session, attempt, refused(refusal, session, attempt, context));
  }
  const endMs = ms(attempt.beganAt) + session.job.launch.patienceHours * HOUR_MS;
  const nextChangeMs = hasOther ? spotPatienceEnd(session, attempt) : endMs;
  if (now >= nextChangeMs)
    return hasOther ? { kind: 'again' } : failed(session, attempt, capacityGone(session, attempt));
  const leftSeconds = Math.ceil((nextChangeMs - now) / SECOND_MS);
  const waitSeconds = Math.min(FIRST_WAIT_SECONDS * 2 ** (attempt.launch.try - 1), LONGEST_WAIT_SECONDS, leftSeconds);
  return { kind: 'wait', waitSeconds };
}

interface Failure {
  error: ErrorName;
  message: string;
}

/** What cannot be launched before it is needed does not end what trains. */
function failed(session: Session, { number }: Attempt, failure: Failure): AfterNothing {
  const error = isReplacement(session, number) ? 'ReplacementDropped' : failure.error;
  return { kind: 'fail', error, message: failure.message };
}

/** The record without the replacement that could not be launched; unchanged when that is the current attempt by now. */
export function dropReplacement(session: Session, number: number, message: string, now: number): Session {
  const replacement = replacementOf(session);
  if (replacement?.number !== number) return session;
  return withVerdict(session, replacement, { error: 'ReplacementDropped', message }, now);
}

function capacityGone({ job }: Session, { launch }: Attempt): Failure {
  return {
    error: 'CapacityUnavailable',
    message: `No pool had room for ${job.resources.nodes} instance(s) in ${job.launch.patienceHours} h (launch.patienceHours). More instance types or a later time may help. Tried:\n${describePoolErrors(launch.errors)}`,
  };
}

function refused(refusal: 'quota' | 'config', session: Session, { launch }: Attempt, context: LaunchContext): Failure {
  const tried = describePoolErrors(launch.errors);
  if (refusal === 'config') {
    return {
      error: 'LaunchConfigInvalid',
      message: `EC2 refuses to launch this, and waiting will not help:\n${tried}`,
    };
  }
  return {
    error: 'QuotaExceeded',
    message: `An EC2 quota of the account does not allow this job:\n${tried}\nTo raise it:\n${raiseCommands(session, context)}`,
  };
}

/** For each quota that counts the job's types on its markets. */
function raiseCommands({ job }: Session, { plan, region }: LaunchContext): string {
  const commands = plan.instanceTypes.flatMap(({ instanceType, vcpus }) =>
    marketsOf(job).flatMap((market) => {
      const quota = quotaOf(instanceType, market);
      return quota ? [`${quota.name}: ${raiseCommand(quota, vcpus * job.resources.nodes, region)}`] : [];
    }),
  );
  return [...new Set(commands)].join('\n');
}

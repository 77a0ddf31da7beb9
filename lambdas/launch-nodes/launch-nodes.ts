/**
 * Launches the nodes of one attempt, all or none. Intent recorded → CreateFleet → outcome recorded, on condition that
 * the session still wants this attempt; else what was launched is terminated. core/launch/launch.ts decides.
 */
import { RunctlError } from '../../core/errors';
import { afterNothing, dropReplacement, nextLaunch, recordLaunch, supersededBy } from '../../core/launch/launch';
import type { LaunchContext } from '../../core/launch/launch-request';
import { newNode } from '../../core/launch/new-node';
import { planSchema } from '../../core/plan/plan';
import type { Clock, Fleet, LaunchedInstance, ObjectStore, Prices, SessionStore } from '../../core/ports';
import { planKey } from '../../core/s3-layout';
import { instanceIdsOf } from '../../core/session/attempts';
import type { LaunchRequest, Node, Session } from '../../core/session/session';
import type { Log } from '../shared/log';
import { attemptInputSchema, parseInput } from '../shared/parse-input';
import { changeSession, updateSession } from '../shared/update-session';

export interface LaunchNodesDeps {
  sessions: SessionStore;
  objects: Pick<ObjectStore, 'get'>;
  fleet: Pick<Fleet, 'launch' | 'terminate'>;
  prices: Prices;
  clock: Clock;
  /** Role id of the instances: their aws:userid is `<role id>:<instance id>`. */
  nodeRoleId: string;
  /** By the launch template: what is not seen of an instance that is gone at once, and is paid for all the same. */
  assignsPublicAddress: boolean;
  subnetIds: readonly string[];
  defaultTags: Readonly<Record<string, string>>;
  region: string;
  log: Log;
}

export type LaunchNodesOutput = { outcome: 'launched' } | { outcome: 'wait'; waitSeconds: number };

/** Spot, then on demand at once when spot refuses. */
const TRIES_PER_CALL = 3;

export async function launchNodes(event: unknown, deps: LaunchNodesDeps): Promise<LaunchNodesOutput> {
  const { sessionId, attempt } = parseInput(attemptInputSchema, event);
  const context = await readContext(deps, sessionId);
  for (let tries = 0; tries < TRIES_PER_CALL; tries++) {
    const output = await tryOnce(deps, { sessionId, number: attempt }, context);
    if (output !== 'again') return output;
  }
  return { outcome: 'wait', waitSeconds: 1 };
}

type Context = Omit<LaunchContext, 'now'>;

async function readContext(deps: LaunchNodesDeps, sessionId: string): Promise<Context> {
  const plan = await deps.objects.get(planKey(sessionId));
  if (plan === undefined) throw new RunctlError('ConfigInvalid', `There is no plan of session ${sessionId}.`);
  const { subnetIds, defaultTags, region } = deps;
  return { plan: planSchema.parse(JSON.parse(plan.text)), subnetIds, defaultTags, region };
}

interface Which {
  sessionId: string;
  number: number;
}

async function tryOnce(deps: LaunchNodesDeps, which: Which, context: Context): Promise<LaunchNodesOutput | 'again'> {
  const { sessions, clock } = deps;
  const { result: step } = await changeSession(sessions, which.sessionId, (before) => {
    const next = nextLaunch(before, which.number, { ...context, now: clock.now() });
    return { session: next.kind === 'call' ? next.session : before, result: next };
  });
  switch (step.kind) {
    case 'launched':
      return { outcome: 'launched' };
    case 'stop':
      throw new RunctlError(step.error, step.message);
    case 'call':
      return call(deps, which, step.request, context);
  }
}

async function call(
  deps: LaunchNodesDeps,
  which: Which,
  request: LaunchRequest,
  context: Context,
): Promise<LaunchNodesOutput | 'again'> {
  const { log, fleet, clock } = deps;
  const { sessionId, number } = which;
  const { instances, errors } = await fleet.launch(request);
  const isWhole = instances.length >= request.nodes;
  log.info('CreateFleet answered', { sessionId, attempt: number, market: request.market, instances, errors });
  if (!isWhole && instances.length > 0) await fleet.terminate(instances.map(({ instanceId }) => instanceId));
  const launched = await toNodes(deps, request, instances);
  const [nodes, givenBack] = isWhole ? [launched, []] : [[], launched];
  const outcome = { clientToken: request.clientToken, nodes, givenBack, errors };
  const session = await updateSession(deps.sessions, sessionId, (before) =>
    recordLaunch(before, number, outcome, clock.now()),
  );
  await terminateUnwanted(deps, session, which, nodes);
  if (isWhole) return { outcome: 'launched' };
  const next = afterNothing(session, number, { ...context, now: clock.now() });
  switch (next.kind) {
    case 'wait':
      return { outcome: 'wait', waitSeconds: next.waitSeconds };
    case 'again':
      return 'again';
    case 'fail':
      await updateSession(deps.sessions, sessionId, (before) =>
        dropReplacement(before, number, next.message, clock.now()),
      );
      throw new RunctlError(next.error, next.message);
  }
}

/** Whoever stopped the session meanwhile could not know of these instances. */
async function terminateUnwanted(
  { fleet }: LaunchNodesDeps,
  session: Session,
  { number }: Which,
  launched: readonly Node[],
): Promise<void> {
  const superseded = supersededBy(session, number);
  const recorded = new Set(instanceIdsOf(session));
  const unwanted = launched.filter(({ instanceId }) => superseded !== null || !recorded.has(instanceId));
  if (unwanted.length > 0) await fleet.terminate(unwanted.map(({ instanceId }) => instanceId));
  if (superseded !== null) throw new RunctlError(superseded.error, superseded.message);
}

/** Ranks by instance id: a replayed call gives the same ranks. */
async function toNodes(
  { prices, nodeRoleId, assignsPublicAddress, clock }: LaunchNodesDeps,
  request: LaunchRequest,
  instances: readonly LaunchedInstance[],
): Promise<Node[]> {
  const ordered = [...instances].sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
  const now = clock.now();
  return Promise.all(
    ordered.map(async (instance, rank) => {
      const { instanceId, instanceType, zone } = instance;
      const [spot, onDemandUsdPerHour] = await Promise.all([
        request.market === 'spot' ? prices.spot(instanceType, zone) : null,
        prices.onDemand(instanceType),
      ]);
      const details = {
        rank,
        userId: `${nodeRoleId}:${instanceId}`,
        hasPublicAddress: instance.hasPublicAddress ?? assignsPublicAddress,
        usdPerHour: request.market === 'spot' ? spot : onDemandUsdPerHour,
        onDemandUsdPerHour,
      };
      return newNode(instance, request, details, now);
    }),
  );
}

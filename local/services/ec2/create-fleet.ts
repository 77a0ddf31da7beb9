/**
 * CreateFleet, type instant: one synchronous attempt over all pools (template × override), in the order of the
 * allocation strategy. It returns normally whether or not it got anything; errors are listed per pool.
 */
import type {
  CreateFleetError,
  CreateFleetInstance,
  CreateFleetRequest,
  FleetLaunchTemplateConfigRequest,
  FleetLaunchTemplateOverridesRequest,
  _InstanceType as InstanceType,
  Tag,
} from '@aws-sdk/client-ec2';
import { AwsError, LocalUnsupported } from '../../service';
import type { LaunchFailure } from './capacity';
import { resourceId } from './ids';
import { mergeWishes, overrideWishes, toLaunchSpec } from './launch-spec';
import { findTemplate, findVersion } from './launch-templates';
import { type Instance, type LaunchSpec, type Market, tagsOf } from './model';
import { allowOnly, checkDryRun } from './request';
import { authorizeLaunch, type Launching } from './run-instances';
import type { SpotPrices } from './spot-prices';

interface Pool {
  spec: LaunchSpec;
  priority: number;
  usdPerHour: number;
  launchTemplateAndOverrides: CreateFleetError['LaunchTemplateAndOverrides'];
}

/** The launch that was planned: which instance in which pool. */
interface Plan {
  chosen: Pool[];
  failures: Map<Pool, LaunchFailure>;
}

const MEMBERS = [
  'Type',
  'ClientToken',
  'DryRun',
  'LaunchTemplateConfigs',
  'SpotOptions',
  'OnDemandOptions',
  'TargetCapacitySpecification',
  'TagSpecifications',
  'ValidUntil',
  'Context',
];

const OPTIONS = ['AllocationStrategy', 'MinTargetCapacity', 'SingleInstanceType', 'SingleAvailabilityZone'];

/** Errors that EC2 gives for the whole call rather than for a pool. */
const WHOLE_CALL = ['RequestLimitExceeded', 'InternalError', 'Unavailable'];

export function createFleet(launching: Launching & { spotPrices: SpotPrices }, input: CreateFleetRequest) {
  allowOnly(input, MEMBERS, 'CreateFleet');
  allowOnly(input.SpotOptions, [...OPTIONS, 'InstanceInterruptionBehavior'], 'SpotOptions');
  allowOnly(input.OnDemandOptions, OPTIONS, 'OnDemandOptions');
  if ((input.SpotOptions?.InstanceInterruptionBehavior ?? 'terminate') !== 'terminate') {
    throw new LocalUnsupported('ec2', 'an InstanceInterruptionBehavior other than terminate');
  }
  checkDryRun(input);
  if (input.Type !== 'instant') throw new LocalUnsupported('ec2', `CreateFleet of type ${input.Type ?? 'maintain'}`);
  launching.roles.need('fleet', launching.caller);
  const { ClientToken, ...request } = input;
  return launching.requests.answer(ClientToken && `CreateFleet:${ClientToken}`, request, () =>
    launching.capacity.inOneCall(() => fulfil(launching, input)),
  );
}

function fulfil(launching: Launching & { spotPrices: SpotPrices }, input: CreateFleetRequest) {
  const { model } = launching;
  const fleetId = `fleet-${resourceId('x', model.newId).slice(2, 10)}-${resourceId('x', model.newId).slice(2, 14)}`;
  const errors: CreateFleetError[] = [];
  const instances: CreateFleetInstance[] = [];
  for (const [market, count] of targets(input)) {
    const pools = order(toPools(launching, input, market, fleetId), input, market);
    const plan = makePlan(launching, pools, count, optionsOf(input, market));
    errors.push(...[...plan.failures].map(([pool, failure]) => toError(pool, failure, market)));
    instances.push(...launchPlan(launching, plan, market));
  }
  const tags = tagsOf(model, fleetId);
  for (const { Key, Value } of input.TagSpecifications?.flatMap(fleetTags) ?? []) tags.set(Key ?? '', Value ?? '');
  return { FleetId: fleetId, Errors: errors, Instances: instances };
}

function fleetTags(given: { ResourceType?: string | undefined; Tags?: Tag[] | undefined }): Tag[] {
  return given.ResourceType === 'fleet' ? (given.Tags ?? []) : [];
}

/** How many instances of each market. */
function targets(input: CreateFleetRequest): [Market, number][] {
  const target = input.TargetCapacitySpecification;
  const total = target?.TotalTargetCapacity ?? 0;
  const spot = target?.SpotTargetCapacity ?? (target?.DefaultTargetCapacityType === 'spot' ? total : 0);
  const onDemand =
    target?.OnDemandTargetCapacity ?? (target?.DefaultTargetCapacityType === 'on-demand' ? total - spot : 0);
  if (total < 1 || spot + onDemand !== total) {
    throw new AwsError(
      'InvalidTargetCapacitySpecification',
      'The target capacities do not add up to the total target capacity.',
    );
  }
  const both: [Market, number][] = [
    ['on-demand', onDemand],
    ['spot', spot],
  ];
  return both.filter(([, count]) => count > 0);
}

type PoolOptions = NonNullable<CreateFleetRequest['SpotOptions'] | CreateFleetRequest['OnDemandOptions']>;

function optionsOf(input: CreateFleetRequest, market: Market): PoolOptions {
  return (market === 'spot' ? input.SpotOptions : input.OnDemandOptions) ?? {};
}

function toPools(
  launching: Launching & { spotPrices: SpotPrices },
  input: CreateFleetRequest,
  market: Market,
  fleetId: string,
): Pool[] {
  const configs = input.LaunchTemplateConfigs ?? [];
  if (configs.length === 0) throw new AwsError('MissingParameter', 'The request must contain LaunchTemplateConfigs');
  return configs.flatMap((config) => {
    const overrides = config.Overrides?.length ? config.Overrides : [{}];
    return overrides.map((override) => toPool(launching, { input, config, override, market, fleetId }));
  });
}

interface PoolRequest {
  input: CreateFleetRequest;
  config: FleetLaunchTemplateConfigRequest;
  override: FleetLaunchTemplateOverridesRequest;
  market: Market;
  fleetId: string;
}

function toPool(launching: Launching & { spotPrices: SpotPrices }, request: PoolRequest): Pool {
  const { model, spotPrices } = launching;
  const { input, config, override, market, fleetId } = request;
  const template = findTemplate(model, config.LaunchTemplateSpecification ?? {});
  const version = findVersion(template, config.LaunchTemplateSpecification?.Version);
  const wishes = mergeWishes(version.LaunchTemplateData, overrideWishes(override), {
    TagSpecifications: input.TagSpecifications,
  });
  const spec = toLaunchSpec(model, wishes, {
    market,
    maxPriceUsd: override.MaxPrice === undefined ? undefined : Number(override.MaxPrice),
    fleetId,
    launchTemplate: { id: template.launchTemplateId, version: String(version.VersionNumber) },
  });
  const price = market === 'spot' ? spotPrices.current(spec.type, spec.subnet.availabilityZone) : spec.type.onDemandUsd;
  return {
    spec,
    priority: override.Priority ?? Number.POSITIVE_INFINITY,
    usdPerHour: price,
    launchTemplateAndOverrides: {
      LaunchTemplateSpecification: {
        LaunchTemplateId: template.launchTemplateId,
        Version: String(version.VersionNumber),
      },
      Overrides: {
        InstanceType: spec.type.name as InstanceType,
        SubnetId: override.SubnetId,
        AvailabilityZone: override.AvailabilityZone,
        MaxPrice: override.MaxPrice,
        Priority: override.Priority,
        ImageId: override.ImageId,
      },
    },
  };
}

const PRIORITIZED = ['prioritized', 'capacity-optimized-prioritized'];

/** Capacity is the same in all pools here, so that strategies that weigh it fall back to price. */
function order(pools: Pool[], input: CreateFleetRequest, market: Market): Pool[] {
  const byPriority = PRIORITIZED.includes(optionsOf(input, market).AllocationStrategy ?? '');
  return [...pools].sort((a, b) => (byPriority ? a.priority - b.priority || 0 : 0) || a.usdPerHour - b.usdPerHour);
}

/** Plans within groups of pools that the request allows together; the first group that serves best is taken. */
function makePlan(launching: Launching, pools: Pool[], count: number, options: PoolOptions): Plan {
  const groupKey = (pool: Pool) =>
    [
      options.SingleInstanceType ? pool.spec.type.name : '',
      options.SingleAvailabilityZone ? pool.spec.subnet.availabilityZone : '',
    ].join('/');
  const failures = new Map<Pool, LaunchFailure>();
  let best: Pool[] = [];
  for (const key of new Set(pools.map(groupKey))) {
    const chosen = fill(
      launching,
      pools.filter((pool) => groupKey(pool) === key),
      count,
      failures,
    );
    if (chosen.length > best.length) best = chosen;
    if (best.length === count) break;
  }
  const isTooFew = best.length < (options.MinTargetCapacity ?? 0);
  return { chosen: isTooFew ? [] : best, failures };
}

function fill(launching: Launching, pools: Pool[], count: number, failures: Map<Pool, LaunchFailure>): Pool[] {
  const chosen: Pool[] = [];
  for (const pool of pools) {
    const denied = denialOf(launching, pool);
    if (denied) failures.set(pool, denied);
    while (!denied && chosen.length < count) {
      const failure = refuse(
        launching,
        pool,
        chosen.map(({ spec }) => spec),
      );
      if (failure && WHOLE_CALL.includes(failure.code))
        throw new AwsError(failure.code, failure.message, { statusCode: 503 });
      if (failure) failures.set(pool, failure);
      if (failure) break;
      chosen.push(pool);
    }
  }
  return chosen;
}

/** A fleet lists what its caller may not launch among its errors. */
function denialOf(launching: Launching, { spec }: Pool): LaunchFailure | undefined {
  try {
    authorizeLaunch(launching, spec);
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsError) || error.name === 'LocalUnsupported') throw error;
    return { code: error.name, message: error.message };
  }
}

function refuse({ capacity }: Launching, pool: Pool, planned: LaunchSpec[]): LaunchFailure | undefined {
  const { maxPriceUsd, market } = pool.spec;
  if (market === 'spot' && maxPriceUsd !== undefined && maxPriceUsd < pool.usdPerHour) {
    return {
      code: 'SpotMaxPriceTooLow',
      message: `Your Spot request price of ${maxPriceUsd} is lower than the minimum required Spot request fulfillment price of ${pool.usdPerHour}.`,
    };
  }
  return capacity.refuse(pool.spec, planned);
}

function toError(pool: Pool, failure: LaunchFailure, market: Market): CreateFleetError {
  return {
    LaunchTemplateAndOverrides: pool.launchTemplateAndOverrides,
    Lifecycle: market,
    ErrorCode: failure.code,
    ErrorMessage: failure.message,
  };
}

function launchPlan({ model, lifecycle, capacity }: Launching, plan: Plan, market: Market): CreateFleetInstance[] {
  return [...new Set(plan.chosen)].map((pool) => {
    const reservationId = resourceId('r', model.newId);
    const count = plan.chosen.filter((other) => other === pool).length;
    const launched: Instance[] = Array.from({ length: count }, (_, launchIndex) =>
      lifecycle.launch(pool.spec, { reservationId, launchIndex, isDoomed: capacity.isDoomed(pool.spec) }),
    );
    return {
      LaunchTemplateAndOverrides: pool.launchTemplateAndOverrides,
      Lifecycle: market,
      InstanceIds: launched.map(({ instanceId }) => instanceId),
      InstanceType: pool.spec.type.name as InstanceType,
    };
  });
}

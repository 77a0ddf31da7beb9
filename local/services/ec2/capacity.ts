/**
 * Who gets capacity: rules that a test or a person sets (data, not code), vCPU quotas, and the zones that do not
 * offer a type.
 */
import { VCPU_QUOTAS, type VcpuQuota } from '../../data/quotas';
import type { Ec2Model, LaunchSpec, Market } from './model';
import { matchesPattern } from './request';

/** Launches that match fail with `code`. Absent members match everything. */
export interface CapacityRule {
  /** With EC2's wildcards, e.g. `g5.*`. */
  instanceType?: string | undefined;
  availabilityZone?: string | undefined;
  market?: Market | undefined;
  /** InsufficientInstanceCapacity when absent. */
  code?: string | undefined;
  message?: string | undefined;
  /** The rule holds for so many API calls that meet it, then lapses; for ever when absent. */
  calls?: number | undefined;
  /** The launch is accepted, but the instance dies while it is pending (Server.InsufficientInstanceCapacity). */
  afterLaunch?: boolean | undefined;
  /** So many instances may live in the pool before launches fail; 0 when absent. */
  available?: number | undefined;
}

export interface LaunchFailure {
  code: string;
  message: string;
}

/** Types that a zone lacks: the oldest zone of us-east-1 is known for it. */
const NOT_OFFERED: Record<string, RegExp> = {
  'us-east-1e': /^(m6i|m7g|c7g|g5|g6|p3|p4d|p5)\./,
  'us-east-1c': /^p5\./,
};

export function isOffered(typeName: string, zone: string): boolean {
  return !NOT_OFFERED[zone]?.test(typeName);
}

const isAlive = (state: string) => state === 'pending' || state === 'running';

export class Capacity {
  #rules: CapacityRule[] = [];
  readonly #quotas = new Map(VCPU_QUOTAS.map((quota) => [quota.code, quota.defaultValue]));
  #met = new Set<CapacityRule>();

  constructor(readonly model: Ec2Model) {}

  /** Adds a rule; the last one added is asked first. */
  add(rule: CapacityRule): void {
    this.#rules = [{ ...rule }, ...this.#rules];
  }

  clear(): void {
    this.#rules = [];
  }

  quota(code: string): number | undefined {
    return this.#quotas.get(code);
  }

  setQuota(code: string, value: number): void {
    this.#quotas.set(code, value);
  }

  /** One API call: rules that it met are counted once, however many pools it tried. */
  inOneCall<T>(act: () => T): T {
    this.#met = new Set();
    try {
      return act();
    } finally {
      for (const rule of this.#met) if (rule.calls !== undefined) rule.calls -= 1;
      this.#rules = this.#rules.filter((rule) => rule.calls === undefined || rule.calls > 0);
    }
  }

  /** Why one more instance of `spec` cannot be had besides those planned, or undefined when it can. */
  refuse(spec: LaunchSpec, planned: readonly LaunchSpec[] = []): LaunchFailure | undefined {
    const zone = spec.subnet.availabilityZone;
    if (!isOffered(spec.type.name, zone)) {
      const others = this.model.zones.filter((other) => isOffered(spec.type.name, other)).join(', ');
      return {
        code: 'Unsupported',
        message: `Your requested instance type (${spec.type.name}) is not supported in your requested Availability Zone (${zone}). Please retry your request by not specifying an Availability Zone or choosing ${others}.`,
      };
    }
    const taken = [...this.#living(), ...planned];
    return this.#refuseByRule(spec, taken) ?? this.#refuseByQuota(spec, taken);
  }

  /** True when a launch is accepted that will fail. */
  isDoomed(spec: LaunchSpec): boolean {
    const rule = this.#rules.find((candidate) => candidate.afterLaunch && concerns(candidate, spec));
    if (rule) this.#met.add(rule);
    return rule !== undefined;
  }

  #living(): LaunchSpec[] {
    return [...this.model.instances.values()].filter(({ state }) => isAlive(state)).map(({ spec }) => spec);
  }

  #refuseByRule(spec: LaunchSpec, taken: readonly LaunchSpec[]): LaunchFailure | undefined {
    for (const rule of this.#rules) {
      if (rule.afterLaunch || !concerns(rule, spec)) continue;
      if (taken.filter((other) => concerns(rule, other)).length < (rule.available ?? 0)) continue;
      this.#met.add(rule);
      const code = rule.code ?? 'InsufficientInstanceCapacity';
      return { code, message: rule.message ?? defaultMessage(code, spec, this.model.zones) };
    }
    return undefined;
  }

  #refuseByQuota(spec: LaunchSpec, taken: readonly LaunchSpec[]): LaunchFailure | undefined {
    const quota = quotaOf(spec.type.family, spec.market);
    if (!quota) return undefined;
    const limit = this.#quotas.get(quota.code) ?? 0;
    const usedVcpus = taken
      .filter((other) => quotaOf(other.type.family, other.market) === quota)
      .reduce((sum, other) => sum + other.type.vcpus, 0);
    if (usedVcpus + spec.type.vcpus <= limit) return undefined;
    const code = spec.market === 'spot' ? 'MaxSpotInstanceCountExceeded' : 'VcpuLimitExceeded';
    return { code, message: defaultMessage(code, spec, this.model.zones, limit) };
  }
}

function concerns(rule: CapacityRule, spec: LaunchSpec): boolean {
  return (
    matchesPattern(rule.instanceType ?? '*', spec.type.name) &&
    matchesPattern(rule.availabilityZone ?? '*', spec.subnet.availabilityZone) &&
    (rule.market ?? spec.market) === spec.market
  );
}

/** The quota that launches of a family count against in a market. */
export function quotaOf(family: string, market: Market): VcpuQuota | undefined {
  return VCPU_QUOTAS.find((quota) => quota.market === market && quota.families.test(family));
}

/** As EC2 words them. */
function defaultMessage(code: string, spec: LaunchSpec, zones: readonly string[], vcpuLimit = 0): string {
  const zone = spec.subnet.availabilityZone;
  const others = zones.filter((other) => other !== zone && isOffered(spec.type.name, other)).join(', ');
  const type = spec.type.name;
  switch (code) {
    case 'InsufficientInstanceCapacity':
      if (spec.market === 'spot') return 'There is no Spot capacity available that matches your request.';
      return `We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity. You can currently get ${type} capacity by not specifying an Availability Zone in your request or choosing ${others}.`;
    case 'UnfulfillableCapacity':
      return 'Unable to fulfill capacity due to your request configuration. Please adjust your request and try again.';
    case 'MaxSpotInstanceCountExceeded':
      return 'Max spot instance count exceeded';
    case 'VcpuLimitExceeded':
      return `You have requested more vCPU capacity than your current vCPU limit of ${vcpuLimit} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`;
    case 'RequestLimitExceeded':
      return 'Request limit exceeded.';
    default:
      return `The launch of ${type} in ${zone} failed with ${code}.`;
  }
}

/**
 * Instances of launches that brought some nodes and not all: they were given back at once, and are paid for a minute each. A
 * gang may be tried for hundreds of times, so an attempt has one sum for each day.
 */
import type { Attempt, GivenBack, Node, Session } from '../session/session';
import { iso, ms, SECOND_MS } from '../time';
import { LEAST_SECONDS, nodeCost, type PricedBy } from './node-cost';
import { sumOf } from './sums';

/** The attempt with these on its bill, at the prices of their launch. An address that was not seen yet is taken for one. */
export function withGivenBack(attempt: Attempt, nodes: readonly Node[], priced: PricedBy, now: number): Attempt {
  if (nodes.length === 0) return attempt;
  const costs = nodes.map((node) => {
    const hasPublicAddress = node.hasPublicAddress ?? true;
    const endedAt = iso(ms(node.launchedAt) + LEAST_SECONDS * SECOND_MS);
    return nodeCost(priced, { ...node, hasPublicAddress, endedAt }, ms(endedAt));
  });
  const fresh: GivenBack = {
    at: iso(now),
    instances: nodes.length,
    instanceUsd: sumOf(costs.map(({ instanceUsd }) => instanceUsd)),
    onDemandUsd: sumOf(costs.map(({ onDemandUsd }) => onDemandUsd)),
    volumeUsd: sumOf(costs.map(({ volumeUsd }) => volumeUsd)),
    addressUsd: sumOf(costs.map(({ addressUsd }) => addressUsd)),
  };
  const { givenBack = [] } = attempt;
  const isSameDay = (each: GivenBack) => each.at.slice(0, 10) === fresh.at.slice(0, 10);
  const today = givenBack.find(isSameDay);
  const others = givenBack.filter((each) => !isSameDay(each));
  return { ...attempt, givenBack: [...others, today ? together(today, fresh) : fresh] };
}

/** All of the attempt's up to a moment; undefined when there were none. */
export function givenBackUntil({ givenBack = [] }: Attempt, untilMs: number): GivenBack | undefined {
  const [first, ...rest] = givenBack.filter(({ at }) => ms(at) <= untilMs);
  return first && rest.reduce(together, first);
}

/** Of the session, by attempt. */
export function allGivenBack({ attempts }: Session, untilMs: number): GivenBack[] {
  return attempts.flatMap((attempt) => givenBackUntil(attempt, untilMs) ?? []);
}

export const givenBackSeconds = ({ instances }: GivenBack) => instances * LEAST_SECONDS;

function together(a: GivenBack, b: GivenBack): GivenBack {
  return {
    at: a.at,
    instances: a.instances + b.instances,
    instanceUsd: sumOf([a.instanceUsd, b.instanceUsd]),
    onDemandUsd: sumOf([a.onDemandUsd, b.onDemandUsd]),
    volumeUsd: sumOf([a.volumeUsd, b.volumeUsd]),
    addressUsd: sumOf([a.addressUsd, b.addressUsd]),
  };
}

/** What a session has cost up to a moment, line by line. */
import { allNodes, isEnding } from '../session/attempts';
import type { Session } from '../session/session';
import { HOUR_MS, iso } from '../time';
import type { CostLines, SessionCost } from './cost-lines';
import { controlPlaneUsd, storageUsd } from './estimates';
import { allGivenBack } from './given-back';
import { type NodeCost, nodeCost } from './node-cost';
import { rounded, sumOf } from './sums';

/** `untilMs` in milliseconds since the Unix epoch. */
export function costUntil(session: Session, untilMs: number): SessionCost {
  const { usd, isComplete, lines, onDemandUsd } = sumUntil(session, untilMs);
  const isRunning = session.attempts.some((attempt) => attempt.nodes.some((node) => !isEnding(node)));
  return {
    usd: rounded(usd),
    isComplete,
    lines: mapLines(lines),
    onDemandUsd: onDemandUsd === null ? null : rounded(onDemandUsd),
    usdPerHour: isRunning ? rounded(sumUntil(session, untilMs + HOUR_MS).usd - usd) : 0,
    computedAt: iso(untilMs),
  };
}

function sumUntil(session: Session, untilMs: number) {
  const nodes = allNodes(session);
  const costs: Cost[] = [...nodes.map((node) => nodeCost(session, node, untilMs)), ...allGivenBack(session, untilMs)];
  const lines: CostLines = {
    instances: sumOf(costs.map(({ instanceUsd }) => instanceUsd)),
    volumes: sumOf(costs.map(({ volumeUsd }) => volumeUsd)),
    publicAddresses: sumOf(costs.map(({ addressUsd }) => addressUsd)),
    storage: storageUsd(session, untilMs),
    controlPlane: controlPlaneUsd(session, untilMs),
  };
  const besides = lines.storage + lines.controlPlane;
  return {
    lines,
    usd: knownOf(costs) + besides,
    isComplete: Object.values(lines).every((line) => line !== null),
    onDemandUsd: sumOf([...costs.map(({ onDemandUsd }) => onDemandUsd), lines.volumes, lines.publicAddresses, besides]),
  };
}

type Cost = Pick<NodeCost, 'instanceUsd' | 'onDemandUsd' | 'volumeUsd' | 'addressUsd'>;

function knownOf(costs: readonly Cost[]): number {
  return costs.reduce((sum, cost) => sum + (cost.instanceUsd ?? 0) + (cost.volumeUsd ?? 0) + (cost.addressUsd ?? 0), 0);
}

function mapLines(lines: CostLines): CostLines {
  const entries = Object.entries(lines).map(([name, usd]) => [name, usd === null ? null : rounded(usd)]);
  return Object.fromEntries(entries) as CostLines;
}

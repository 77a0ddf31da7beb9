/** The receipt as people read it: in a mail, on a terminal. */

import type { CostLines } from './cost-lines';
import type { AttemptReceipt, NodeReceipt, Receipt } from './receipt';

const LINE_NAMES: Record<keyof CostLines, string> = {
  instances: 'instances',
  volumes: 'disks',
  publicAddresses: 'public IPv4 addresses',
  storage: 'S3',
  controlPlane: 'control plane',
};

/** One line each, without indentation. */
export function receiptLines(receipt: Receipt): string[] {
  const { attempts, total, excludes, isFinal, outcome } = receipt;
  const nodes = attempts.flatMap((attempt) => [
    ...attempt.nodes.map((node) => nodeLine(attempt.attempt, node)),
    ...givenBackLine(attempt),
    ...wayOutLine(attempt),
  ]);
  return [
    ...nodes,
    ...sumLines(receipt),
    `together ${together(receipt)}; on demand it would have been ${dollars(total.onDemandUsd)}`,
    wasteLine(receipt),
    `not in it: ${excludes.join(', ')}`,
    ...(outcome !== null && !isFinal ? ['provisional: the last prices come within minutes'] : []),
  ];
}

function nodeLine(attempt: number, node: NodeReceipt): string {
  const { instanceId, instanceType, zone, market, seconds, usd, isWaived } = node;
  const price = isWaived ? 'free: interrupted by AWS within the first hour' : dollars(usd);
  return `attempt ${attempt}  ${instanceId}  ${instanceType}  ${zone}  ${market}  ${seconds} s  ${price}`;
}

function givenBackLine({ attempt, givenBack }: AttemptReceipt): string[] {
  if (givenBack === undefined) return [];
  const { instances, usd } = givenBack;
  return [`attempt ${attempt}  ${instances} of launches without all nodes, given back: 60 s each  ${dollars(usd)}`];
}

/** What its end took, of an attempt that was told to go. */
function wayOutLine({ attempt, shutdown, handOverSeconds }: AttemptReceipt): string[] {
  const parts = [
    ...(shutdown?.saveSeconds == null ? [] : [`saved in ${shutdown.saveSeconds.toFixed(1)} s`]),
    ...(shutdown?.uploadSeconds == null ? [] : [`uploaded in ${shutdown.uploadSeconds.toFixed(1)} s`]),
    ...(handOverSeconds === null ? [] : [`the next one trained ${handOverSeconds.toFixed(1)} s later`]),
  ];
  return parts.length === 0 ? [] : [`attempt ${attempt}  way out: ${parts.join(', ')}`];
}

function sumLines({ total, estimates }: Receipt): string[] {
  return (Object.keys(LINE_NAMES) as (keyof CostLines)[]).map((line) => {
    const isEstimate = estimates.includes(line);
    return `${LINE_NAMES[line]} ${dollars(total.lines[line])}${isEstimate ? ' (estimate)' : ''}`;
  });
}

function together({ total: { usd, knownUsd } }: Receipt): string {
  return usd === null ? `unknown (${dollars(knownUsd)} of it known)` : dollars(usd);
}

function wasteLine({ total: { waste, recomputedSteps } }: Receipt): string {
  if (waste === null) return 'wasted of it: unknown';
  const steps = recomputedSteps === null ? 'steps done twice' : `${recomputedSteps} steps done twice`;
  const parts = [
    `set-up ${dollars(waste.setupUsd)}`,
    `idle ${dollars(waste.idleUsd)}`,
    `${steps} ${dollars(waste.recomputedUsd)}`,
  ];
  return `wasted of it ${dollars(waste.totalUsd)}: ${parts.join(', ')}`;
}

function dollars(usd: number | null): string {
  return usd === null ? 'unknown' : `$${usd.toFixed(usd < 1 ? 6 : 2)}`;
}

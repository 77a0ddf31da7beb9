/**
 * An attempt that is over, with what later decisions, the receipt and the user still need. A record is one item of at
 * most 400 KB, and a session may be interrupted hundreds of times.
 */
import type { Attempt, Node } from './session';

export function compactAttempt(attempt: Attempt): Attempt {
  const { launch } = attempt;
  return {
    ...attempt,
    launch: { ...launch, request: { ...launch.request, pools: [], tags: {} }, errors: [] },
    nodes: attempt.nodes.map(compactNode),
  };
}

/** The leader alone speaks for the attempt's stages. */
function compactNode(node: Node): Node {
  const { final, status, rank } = node;
  if (final?.outcome == null) return node;
  const progress = { ...final.progress, metrics: {} };
  return {
    ...node,
    status: status === null ? null : { ...status, progress },
    final: { ...final, progress, logTail: [], stages: rank === 0 ? final.stages : [] },
  };
}

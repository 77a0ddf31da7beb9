/** Everything that can be seen of one session now, as facts. */
import type { Facts, NodeFacts } from '../../core/decide/facts';
import { factsOfLook } from '../../core/decide/node-facts';
import type { Clock, Executions, Fleet, InstanceLook, ObjectStore } from '../../core/ports';
import { allNodes, isGone } from '../../core/session/attempts';
import type { Session } from '../../core/session/session';
import { isOlderThan, MINUTE_MS } from '../../core/time';
import { completeLook } from '../shared/complete-look';
import { inParallel } from '../shared/in-parallel';
import { readNode } from '../shared/read-node';
import type { Health } from './check-health';

/** What one look at the whole account found. */
export interface Look {
  bySession: ReadonlyMap<string, readonly InstanceLook[]>;
  running: ReadonlySet<string>;
  health: Health;
}

export function groupBySession(looks: readonly InstanceLook[]): Map<string, InstanceLook[]> {
  const groups = new Map<string, InstanceLook[]>();
  for (const look of looks) {
    const sessionId = look.sessionId ?? '';
    groups.set(sessionId, [...(groups.get(sessionId) ?? []), look]);
  }
  return groups;
}

interface Deps {
  objects: Pick<ObjectStore, 'get'>;
  executions: Pick<Executions, 'status'>;
  fleet: Pick<Fleet, 'find'>;
  clock: Clock;
}

const READS_AT_ONCE = 16;
/** The last word of a node may be seen after its end. */
const LAST_WORD_MS = 10 * MINUTE_MS;

export async function observeSession(deps: Deps, session: Session, look: Look): Promise<Facts> {
  const looks = await completeLook(deps.fleet, session, look.bySession.get(session.sessionId) ?? []);
  const [execution, reports] = await Promise.all([observeExecution(deps, session, look), readReports(deps, session)]);
  const seen = factsOfLook(session, looks);
  const nodes: Record<string, NodeFacts> = { ...seen.nodes };
  for (const [id, facts] of reports) nodes[id] = { ...nodes[id], ...facts, ...look.health.get(id) };
  return { execution, ...seen, nodes };
}

/** Not in the list of running ones may mean that it began after the list was made: asked by name before it is believed. */
async function observeExecution({ executions }: Deps, { executionArn }: Session, { running }: Look) {
  if (running.has(executionArn)) return { isRunning: true, status: 'RUNNING' };
  const status = (await executions.status(executionArn)) ?? 'unknown to Step Functions';
  return { isRunning: status === 'RUNNING', status };
}

async function readReports({ objects, clock }: Deps, session: Session): Promise<Map<string, NodeFacts>> {
  const now = clock.now();
  const readable = allNodes(session).filter(
    (node) => node.final?.outcome == null && !(isGone(node) && isOlderThan(node.stateSince, LAST_WORD_MS, now)),
  );
  const reports = new Map<string, NodeFacts>();
  const failures = await inParallel(readable, READS_AT_ONCE, async ({ instanceId, userId }) => {
    reports.set(instanceId, await readNode(objects, userId));
  });
  const [failure] = failures;
  if (failure !== undefined) throw failure.error;
  return reports;
}

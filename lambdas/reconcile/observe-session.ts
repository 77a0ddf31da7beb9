/** Everything that can be seen of one session now, as facts. SSM and status checks are asked only when silence is suspicious. */
import { isStale } from '../../core/decide/observe';
import type { Facts, NodeFacts } from '../../core/facts';
import { foundNothing, lookFacts } from '../../core/node-facts';
import type { Clock, Executions, Fleet, InstanceLook, ObjectStore, Presence } from '../../core/ports';
import { currentAttempt, isEnding, isGone, type Node, type Session } from '../../core/session';
import { isOlderThan, MINUTE_MS } from '../../core/time';
import { completeLook } from '../shared/complete-look';
import { inParallel } from '../shared/in-parallel';
import { readNode } from '../shared/read-node';

/** What one look at the whole account found, before any record was read. */
export interface Look {
  bySession: ReadonlyMap<string, readonly InstanceLook[]>;
  running: ReadonlySet<string>;
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
  presence: Presence;
  fleet: Pick<Fleet, 'impaired' | 'find'>;
  clock: Clock;
}

const READS_AT_ONCE = 16;
/** The last word of a node may be seen after its end. */
const LAST_WORD_MS = 10 * MINUTE_MS;

export async function observeSession(deps: Deps, session: Session, look: Look): Promise<Facts> {
  const looks = await completeLook(deps.fleet, session, look.bySession.get(session.sessionId) ?? []);
  const [execution, reports] = await Promise.all([observeExecution(deps, session, look), readReports(deps, session)]);
  const suspicious = silentNodes(session, reports, deps.clock.now());
  const health = await checkHealth(deps, suspicious);
  const nodes: Record<string, NodeFacts> = { ...lookFacts(session, looks) };
  for (const [id, facts] of [...reports, ...health]) nodes[id] = { ...nodes[id], ...facts };
  return { execution, nodes, noInstances: foundNothing(looks) };
}

/** Not in the list of running ones may mean that it began after the list was made: asked by name before it is believed. */
async function observeExecution({ executions }: Deps, { executionArn }: Session, { running }: Look) {
  if (running.has(executionArn)) return { isRunning: true, status: 'RUNNING' };
  const status = (await executions.status(executionArn)) ?? 'unknown to Step Functions';
  return { isRunning: status === 'RUNNING', status };
}

async function readReports({ objects, clock }: Deps, session: Session): Promise<Map<string, NodeFacts>> {
  const now = clock.now();
  const readable = session.attempts
    .flatMap(({ nodes }) => nodes)
    .filter(
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

/** Nodes of an attempt that trains whose newest status is stale. */
function silentNodes(session: Session, reports: ReadonlyMap<string, NodeFacts>, now: number): Node[] {
  const attempt = currentAttempt(session);
  if (attempt?.command?.doneAt == null || attempt.verdict !== null || session.outcome !== null) return [];
  return attempt.nodes.filter((node) => {
    const statusAt = reports.get(node.instanceId)?.status?.writtenAt ?? node.statusAt;
    return !isEnding(node) && node.final?.outcome == null && isStale({ ...node, statusAt }, now);
  });
}

async function checkHealth({ presence, fleet }: Deps, nodes: readonly Node[]): Promise<Map<string, NodeFacts>> {
  if (nodes.length === 0) return new Map();
  const ids = nodes.map(({ instanceId }) => instanceId);
  const [online, impaired] = await Promise.all([presence.online(ids), fleet.impaired(ids)]);
  return new Map(ids.map((id) => [id, { isSsmOnline: online.has(id), isImpaired: impaired.has(id) }]));
}

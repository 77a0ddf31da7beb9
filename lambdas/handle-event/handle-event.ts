/**
 * An event → the session that it is about → facts → the decision. Events are best effort, late, doubled: everything here
 * is also done by reconcile, through the same decision.
 */
import type { Facts, NodeFacts } from '../../core/decide/facts';
import type { Fleet } from '../../core/ports';
import type { Node, Session } from '../../core/session/session';
import { type AdvanceDeps, advanceSession } from '../shared/advance-session';
import { readNode } from '../shared/read-node';
import { type EventSubject, parseEvent } from './events';

export interface HandleEventDeps extends AdvanceDeps {
  fleet: Pick<Fleet, 'terminate' | 'find'>;
  count: (metric: string) => void;
}

export async function handleEvent(event: unknown, deps: HandleEventDeps): Promise<void> {
  const subject = parseEvent(event);
  if (subject === undefined) {
    deps.count('MalformedEvents');
    deps.log.warn('An event is malformed and was dropped', { keys: Object.keys(Object(event)) });
    return;
  }
  const found = await findFacts(subject, deps);
  if (found === undefined) {
    deps.log.info('An event is about nothing of runctl', { kind: subject.kind });
    return;
  }
  await advanceSession(deps, found.sessionId, found.facts);
}

interface Found {
  sessionId: string;
  facts: Facts;
}

async function findFacts(subject: EventSubject, deps: HandleEventDeps): Promise<Found | undefined> {
  switch (subject.kind) {
    case 'instance':
      return aboutInstance(subject, deps);
    case 'execution':
      return aboutExecution(subject, deps);
    case 'stop':
      return aboutStop(subject, deps);
    case 'ignored':
      return undefined;
  }
}

async function aboutInstance(
  { instanceId, facts, commandId }: EventSubject & { kind: 'instance' },
  deps: HandleEventDeps,
): Promise<Found | undefined> {
  const session = await sessionOfInstance(deps, instanceId);
  const attempt = session?.attempts.find(({ nodes }) => nodes.some((each) => each.instanceId === instanceId));
  const node = attempt?.nodes.find((each) => each.instanceId === instanceId);
  if (session === undefined || attempt === undefined || node === undefined) return undefined;
  const isOtherCommand = commandId !== undefined && commandId !== (attempt.command?.commandId ?? commandId);
  if (isOtherCommand) return undefined;
  const nodeFacts: NodeFacts = {
    ...facts,
    ...(await reasonOf(deps, node, facts)),
    ...(await readNode(deps.objects, node.userId)),
  };
  return { sessionId: session.sessionId, facts: { nodes: { [instanceId]: nodeFacts } } };
}

/** The index, or else the instance's own tag: only the launch call can have set it. */
async function sessionOfInstance(
  { sessions, fleet }: HandleEventDeps,
  instanceId: string,
): Promise<Session | undefined> {
  const indexed = await sessions.sessionIdOfInstance(instanceId);
  if (indexed !== undefined) return sessions.get(indexed);
  const sessionId = (await fleet.find(instanceId))?.sessionId;
  if (sessionId == null) return undefined;
  const session = await sessions.get(sessionId);
  const isRecorded = session?.attempts.some(({ nodes }) => nodes.some((node) => node.instanceId === instanceId));
  if (isRecorded) await sessions.indexInstance(instanceId, sessionId);
  return session;
}

/** EC2's event says that it ends, DescribeInstances says why and since when, however late the event is: both decide what it costs. */
async function reasonOf({ fleet }: HandleEventDeps, { instanceId }: Node, { state }: NodeFacts): Promise<NodeFacts> {
  if (state !== 'shutting-down' && state !== 'terminated') return {};
  const look = await fleet.find(instanceId);
  return look === undefined ? {} : { stateReason: look.stateReason, endedAt: look.endedAt };
}

async function aboutExecution(
  { sessionId, executionArn, status }: EventSubject & { kind: 'execution' },
  { sessions }: HandleEventDeps,
): Promise<Found | undefined> {
  const session = await sessions.get(sessionId);
  if (session?.executionArn !== executionArn) return undefined;
  return { sessionId, facts: { execution: { isRunning: status === 'RUNNING', status } } };
}

async function aboutStop(
  { sessionId, by, immediate }: EventSubject & { kind: 'stop' },
  { sessions }: HandleEventDeps,
): Promise<Found | undefined> {
  const session = await sessions.get(sessionId);
  return session && { sessionId, facts: { stop: { by, immediate } } };
}

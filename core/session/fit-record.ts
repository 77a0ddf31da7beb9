/**
 * A record is one item of at most 400 KB, and part of it is what nodes said. Whatever they say, it can be written: else
 * nothing of that session could be decided any more, not even its end.
 */
import type { FinalStatus } from '../node/node-status';
import { cut } from '../plain-text';
import type { Attempt, Node, Session } from './session';

/** Room is left for keys and for DynamoDB's own way to count. */
const RECORD_BYTES = 350_000;
const ENTRIES = 50;
const ENTRY_LENGTH = 200;
const TEXT_LENGTH = 100;

/** What is missed least goes first. */
const SHEDDINGS: readonly ((session: Session) => Session)[] = [
  withNodes(({ status, final, ...node }) => ({
    ...node,
    status: status && { ...status, stages: [], progress: { ...status.progress, metrics: {} } },
    final: final && { ...final, stages: [], logTail: [], progress: { ...final.progress, metrics: {} } },
  })),
  (session) => ({
    ...session,
    timeline: session.timeline.slice(-ENTRIES).map(({ at, what }) => ({ at, what: cut(what, ENTRY_LENGTH) })),
  }),
  withNodes((node) => ({ ...node, final: node.final && shortened(node.final) })),
];

/** The session itself when it fits. */
export function fitRecord(session: Session): Session {
  let fitted = session;
  for (const shed of SHEDDINGS) {
    if (bytesOf(fitted) <= RECORD_BYTES) return fitted;
    fitted = shed(fitted);
  }
  return fitted;
}

function bytesOf(session: Session): number {
  return new TextEncoder().encode(JSON.stringify(session)).length;
}

function withNodes(change: (node: Node) => Node): (session: Session) => Session {
  const ofAttempt = (attempt: Attempt): Attempt => ({ ...attempt, nodes: attempt.nodes.map(change) });
  return (session) => ({ ...session, attempts: session.attempts.map(ofAttempt) });
}

function shortened(final: FinalStatus): FinalStatus {
  const short = (text: string | null) => text && cut(text, TEXT_LENGTH);
  const hasResults = final.outcome === 'succeeded';
  return {
    ...final,
    notice: final.notice && { ...final.notice, action: cut(final.notice.action, TEXT_LENGTH) },
    error: short(final.error),
    signal: short(final.signal),
    logUri: null,
    resultsManifestUri: hasResults ? final.resultsManifestUri : null,
    lastCheckpoint: final.lastCheckpoint && {
      ...final.lastCheckpoint,
      name: cut(final.lastCheckpoint.name, TEXT_LENGTH),
    },
    resumedFrom: final.resumedFrom && { ...final.resumedFrom, name: cut(final.resumedFrom.name, TEXT_LENGTH) },
  };
}

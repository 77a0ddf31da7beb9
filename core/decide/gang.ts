/** Several nodes are a gang: they train together or not at all. */
import type { FinalStatus, Stage } from '../node/node-status';
import { isEnding } from '../session/attempts';
import type { Attempt, Node } from '../session/session';

/** Before these are over a node cannot begin to train. */
const STAGING: readonly Stage[] = ['boot', 'image', 'code', 'data'];

/** Of the causes that a node gives for its end, those that another node's end brought about. */
const CONSEQUENCES: readonly (string | null)[] = ['PeerLost', 'Superseded'];

/**
 * Whether all nodes of a gang can begin to train: launchers wait for each other for some minutes only, and ranks meet at
 * the leader's address, which EC2 may show a little after the launch.
 */
export function isGathered({ nodes }: Attempt): boolean {
  if (nodes.length < 2) return true;
  return nodes.every(
    ({ privateAddress, status }) => privateAddress !== null && status !== null && !STAGING.includes(status.stage),
  );
}

/**
 * The first node of a gang that has ended, or is about to: without it the others can only wait for it in vain. One that
 * finished its command has not left anybody: the others are about to finish, too.
 */
export function lostPeer({ nodes }: Attempt): Node | undefined {
  return nodes.length < 2 ? undefined : nodes.find(isLeaving);
}

function isLeaving(node: Node): boolean {
  const outcome = node.final?.outcome ?? null;
  if (outcome !== null) return outcome !== 'succeeded';
  return node.noticeAt !== null || isEnding(node);
}

/**
 * The last word that speaks for all nodes, once each has had its own: what was done to the gang before what a command
 * made of it (ranks fail when a peer vanishes), and that before what only followed.
 */
export function decisiveFinal(finals: readonly FinalStatus[]): FinalStatus | undefined {
  const weight = ({ outcome, reason }: FinalStatus) =>
    outcome === 'succeeded' ? 3 : outcome === 'failed' ? 1 : CONSEQUENCES.includes(reason) ? 2 : 0;
  return [...finals].sort((a, b) => weight(a) - weight(b))[0];
}

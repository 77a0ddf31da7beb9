/**
 * How much work an attempt's end may cost. A hard end: what was trained since the last checkpoint, and while one was on its
 * way up. A notice or an order: nothing, when the script saves on SIGTERM and save and upload fit.
 */

import type { Fate } from '../hosts/model-hosts';
import type { Training } from '../hosts/training';
import type { World } from '../world';
import type { Broken, Invariant } from './invariant';
import { isTrouble } from './trouble';

const SECOND_MS = 1000;
/** Looks at the folder until a file counts as finished, S3's retries, and a slow upload. */
const SLACK_MS = 90 * SECOND_MS;
/** An upload may be slow, or torn and begun anew. */
const SLOW = 13;
/** Without network for 20 minutes, and until the next checkpoint got through. */
const CUT_OFF_MS = 25 * 60 * SECOND_MS;
/** Until a notice is seen and a checkpoint before it is up, and for the last words. */
const SIGHT_MS = 30 * SECOND_MS;
/** Until the notice of one node has reached the others of its gang. */
const PEERS_MS = 45 * SECOND_MS;
const NOTICE_MS = 120 * SECOND_MS;
/** Of an agent that died, too: what training saves after that cannot be told from what is half written. */
const HARD: readonly Fate[] = ['killed', 'vanished', 'neverRegisters', 'networkLost', 'hung', 'agentCrash'];

interface Circumstances {
  nodes: readonly string[];
  /** What befell any of them. */
  fates: ReadonlySet<Fate>;
  /** S3 or the network gave trouble to any of them. */
  isTroubled: boolean;
}

export function littleWorkIsLost(): Invariant {
  /** The furthest step of a session, and whose it was. */
  const furthest = new Map<string, { step: number; training: Training }>();
  const fates = new Map<string, Set<Fate>>();
  /** Instances that S3 or the network gave trouble. */
  const troubled = new Set<string>();
  const judge = (world: World, training: Training): Broken | undefined => {
    const { sessionId, script } = training.options;
    const before = furthest.get(sessionId);
    if (before === undefined) return undefined;
    const lost = before.step - training.firstStep;
    const { instanceId } = before.training.options;
    const nodes = nodesOf(world, before.training);
    const befell = new Set(nodes.flatMap((id) => [...(fates.get(id) ?? [])]));
    const mayLose = allowance(world, before.training, {
      nodes,
      fates: befell,
      isTroubled: nodes.some((id) => troubled.has(id)),
    });
    if (lost <= mayLose) return undefined;
    return {
      sessionId,
      what: `${lost} steps were lost with ${instanceId} (${[...befell].join(', ') || 'no misfortune'}), where ${mayLose} may be; a checkpoint is saved every ${script.checkpointEvery}.`,
    };
  };
  return {
    name: 'little work is lost',
    see(happening, world) {
      if (happening.kind === 'misfortune') {
        const known = fates.get(happening.instanceId) ?? new Set();
        fates.set(happening.instanceId, known.add(happening.fate));
      }
      if (happening.kind === 'trouble') troubled.add(happening.instanceId);
      if (happening.kind === 'request' && isTrouble(happening)) troubled.add(happening.call.by);
      if (happening.kind !== 'training') return undefined;
      const { kind, training } = happening.change;
      const { sessionId } = training.options;
      if (kind === 'begins') return judge(world, training);
      if (kind === 'ends') furthest.set(sessionId, { step: training.step, training });
      return undefined;
    },
  };
}

/** All nodes of its attempt: what befalls one of a gang befalls all. */
function nodesOf(world: World, { options }: Training): string[] {
  const attempt = world.sessions.get(options.sessionId)?.attempts.find(({ number }) => number === options.attempt);
  return attempt?.nodes.map(({ instanceId }) => instanceId) ?? [options.instanceId];
}

function allowance(world: World, { options }: Training, { fates, isTroubled, nodes }: Circumstances): number {
  const { script, sessionId } = options;
  const steps = (durationMs: number) => Math.ceil(durationMs / script.stepMs);
  const isGraceful =
    nodes.every((id) => world.wasSpot(id)) &&
    !isTroubled &&
    !HARD.some((fate) => fates.has(fate)) &&
    !world.wasStoppedNow(sessionId);
  const sightMs = SIGHT_MS + (nodes.length > 1 ? PEERS_MS : 0);
  if (isGraceful && script.onSigterm === 'saves' && script.saveMs + script.uploadMs + sightMs < NOTICE_MS) return 0;
  const uploadMs = script.uploadMs * SLOW + SLACK_MS + world.outages.lengthOf('s3');
  // What it trains while nothing leaves it is lost when it is replaced meanwhile.
  const cutOffMs = fates.has('networkLost') || fates.has('hung') ? CUT_OFF_MS : 0;
  return 2 * script.checkpointEvery + steps(2 * script.saveMs + uploadMs + cutOffMs);
}

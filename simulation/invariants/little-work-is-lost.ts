/**
 * How much work an attempt's end may cost. A hard end: what was trained since the last checkpoint, and while one was on its
 * way up. A notice or an order: nothing, when the script saves on SIGTERM and save and upload fit.
 */
import type { Training } from '../hosts/training';
import type { Fate } from '../hosts/model-hosts';
import type { World } from '../world';
import type { Broken, Invariant } from './invariant';

const SECOND_MS = 1000;
/** Looks at the folder until a file counts as finished, S3's retries, and a slow upload. */
const SLACK_MS = 90 * SECOND_MS;
/** An upload may be slow, or torn and begun anew. */
const SLOW = 13;
/** Without network for 20 minutes, and until the next checkpoint got through. */
const CUT_OFF_MS = 25 * 60 * SECOND_MS;
const NOTICE_MS = 120 * SECOND_MS;
/** Of an agent that died, too: what training saves after that cannot be told from what is half written. */
const HARD: readonly Fate[] = ['killed', 'vanished', 'neverRegisters', 'networkLost', 'agentCrash'];

export function littleWorkIsLost(): Invariant {
  /** The furthest step of a session, and whose it was. */
  const furthest = new Map<string, { step: number; training: Training }>();
  const fates = new Map<string, Set<Fate>>();
  /** Sessions that met something that may excuse more: an outage of S3 while it mattered. */
  const judge = (world: World, training: Training): Broken | undefined => {
    const { sessionId, script } = training.options;
    const before = furthest.get(sessionId);
    if (before === undefined) return undefined;
    const lost = before.step - training.firstStep;
    const { instanceId } = before.training.options;
    const mayLose = allowance(world, before.training, fates.get(instanceId) ?? new Set());
    if (lost <= mayLose) return undefined;
    return {
      sessionId,
      what: `${lost} steps were lost with ${instanceId} (${[...(fates.get(instanceId) ?? [])].join(', ') || 'no misfortune'}), where ${mayLose} may be; a checkpoint is saved every ${script.checkpointEvery}.`,
    };
  };
  return {
    name: 'little work is lost',
    see(happening, world) {
      if (happening.kind === 'misfortune') {
        const known = fates.get(happening.instanceId) ?? new Set();
        fates.set(happening.instanceId, known.add(happening.fate));
      }
      if (happening.kind !== 'training') return undefined;
      const { kind, training } = happening.change;
      const { sessionId } = training.options;
      if (kind === 'begins') return judge(world, training);
      if (kind === 'ends') furthest.set(sessionId, { step: training.step, training });
      return undefined;
    },
  };
}

function allowance(world: World, { options }: Training, fates: ReadonlySet<Fate>): number {
  const { script, instanceId } = options;
  const s3OutageMs = world.outages.lengthOf('s3');
  const uploadMs = script.uploadMs * SLOW + SLACK_MS + s3OutageMs;
  const steps = (durationMs: number) => Math.ceil(durationMs / script.stepMs);
  // What it trains while nothing leaves it is lost when it is replaced meanwhile.
  const cutOffMs = fates.has('networkLost') ? CUT_OFF_MS : 0;
  const hard = 2 * script.checkpointEvery + steps(2 * script.saveMs + uploadMs + cutOffMs);
  const isHard = HARD.some((fate) => fates.has(fate)) || !world.wasSpot(instanceId);
  const fits = script.saveMs + uploadMs < NOTICE_MS;
  return !isHard && script.onSigterm === 'saves' && fits && s3OutageMs === 0 ? 0 : hard;
}

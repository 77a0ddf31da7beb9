/** What the agent must still know after it was killed and started again. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { committedCheckpointSchema, nodeOutcomeSchema, resumedFromSchema, stageSchema } from '../core/node/node-status';

/** How the attempt ended on this node; what is left is uploading and saying so. */
export const endingSchema = z.object({
  outcome: nodeOutcomeSchema,
  reason: z.string().nullable(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  error: z.string().nullable(),
  stage: stageSchema,
});
export type Ending = z.infer<typeof endingSchema>;

/** A checkpoint that is on its way to S3, for a restarted agent to go on with. */
const unfinishedCheckpointSchema = z.object({
  name: z.string(),
  /** Of its content. */
  identity: z.string(),
  /** Its place. */
  sequence: z.int().positive(),
  /** Large files of it that are in S3. */
  files: z.array(z.object({ path: z.string(), sizeBytes: z.number(), sha256: z.string() })),
});
export type UnfinishedCheckpoint = z.infer<typeof unfinishedCheckpointSchema>;

const stateSchema = z.object({
  sessionId: z.string(),
  attempt: z.int(),
  /** `ending`: only uploads are left. `done`: nothing is. */
  phase: z.enum(['staging', 'staged', 'training', 'ending', 'done']),
  /** ISO 8601: when this attempt's first agent started. */
  startedAt: z.string(),
  /** Whether the command ever ran here. */
  hasTrained: z.boolean(),
  uploadsCheckpoints: z.boolean(),
  /** Where checkpoints are of shards: this node's place among those that commit them. */
  shard: z.object({ rank: z.int(), userIds: z.array(z.string()) }).nullish(),
  /** By name, identity of what lies in the checkpoint folder and is committed, or is not this training's. */
  known: z.record(z.string(), z.string()),
  /** By name, identity of what was found to be whole, committed or not. */
  finished: z.record(z.string(), z.string()),
  lastCheckpoint: committedCheckpointSchema.nullable(),
  unfinishedCheckpoint: unfinishedCheckpointSchema.nullish(),
  resumedFrom: resumedFromSchema.nullable(),
  ending: endingSchema.nullable(),
});
export type AgentState = z.infer<typeof stateSchema>;

export class StateFile {
  #state: AgentState;
  /** Whether an earlier process of this attempt's agent left a state behind. */
  readonly isRestart: boolean;

  /** Throws when the file is another attempt's: an instance serves one. */
  constructor(
    private readonly path: string,
    fresh: { sessionId: string; attempt: number; startedAt: string },
  ) {
    const stored = load(path);
    if (stored && (stored.sessionId !== fresh.sessionId || stored.attempt !== fresh.attempt)) {
      throw new Error(`this machine belongs to attempt ${stored.attempt} of session ${stored.sessionId}`);
    }
    this.isRestart = stored !== undefined;
    this.#state = stored ?? {
      ...fresh,
      phase: 'staging',
      hasTrained: false,
      uploadsCheckpoints: true,
      known: {},
      finished: {},
      lastCheckpoint: null,
      resumedFrom: null,
      ending: null,
    };
  }

  get state(): Readonly<AgentState> {
    return this.#state;
  }

  /** Told when the state could not be written, once until it can be again. */
  onTrouble: (why: string) => void = () => {};
  #isInTrouble = false;

  /**
   * Whole or not at all. A disk that is full is no reason to end: what is not written now is with the next change, and only a
   * restart of the agent would miss it.
   */
  save(change: Partial<AgentState>): void {
    this.#state = { ...this.#state, ...change };
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      writeFileSync(`${this.path}.new`, JSON.stringify(this.#state));
      renameSync(`${this.path}.new`, this.path);
      this.#isInTrouble = false;
    } catch (error) {
      if (!this.#isInTrouble) this.onTrouble(error instanceof Error ? error.message : String(error));
      this.#isInTrouble = true;
    }
  }
}

function load(path: string): AgentState | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return stateSchema.parse(JSON.parse(text));
}

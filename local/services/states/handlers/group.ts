import type { Program } from '../definition/types';
import { asFailure, Halted, type StateFailure } from '../engine/failure';
import type { Frame } from '../engine/frame';
import { Strand } from '../engine/strand';
import { type JsonObject, Payload } from '../json';
import type { Outcome } from '../query/query';

/** One branch of a Parallel state or one iteration of a Map state. */
export interface Member {
  program: Program;
  input: Payload;
  mapContext?: JsonObject;
  /** Event that the branch's first one follows. */
  lastEventId: number;
  /** Called, with the turn, when the branch has succeeded. */
  succeeded?(strand: Strand): void;
  /** Called, with the turn, when this branch has failed, before the others end. */
  failed?(strand: Strand): void;
  /** Called when a sibling's failure ends it. */
  aborted?(): void;
}

interface Running {
  member: Member;
  strand: Strand;
}

/**
 * Branches that run side by side. The first failure aborts the others at once, and AWS records, with the failed
 * branch's last event as the previous one, for each branch in order what happened to it and the state it was in
 * (LocalStack recordings test_service_lambda_map_timeout, test_sqs_failure_in_wait_for_task_tok_no_error_field).
 */
export class Group {
  readonly #frame: Frame;
  readonly #running: Running[] = [];
  #failure: StateFailure | undefined;
  #wake: () => void = () => {};
  #unfinished = 0;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  /** Starts a member; it runs at its next turn. */
  add(member: Member, store: (output: Payload) => void): void {
    const { strand: parent } = this.#frame;
    const { mapContext, lastEventId } = member;
    const strand = new Strand(parent.run, { parent, lastEventId, ...(mapContext && { mapContext }) });
    const running = { member, strand };
    this.#running.push(running);
    this.#unfinished++;
    void this.#runMember(running, store);
  }

  /**
   * Waits, without the turn, until a member has finished; returns at once when there is none.
   * @throws StateFailure of the first member that failed
   */
  async finished(): Promise<void> {
    if (this.#unfinished > 0 && !this.#failure) {
      await this.#frame.strand.wait<void>(({ resolve }) => {
        this.#wake = resolve;
        return () => {};
      });
    }
    if (this.#failure) throw this.#failure;
  }

  get unfinished(): number {
    return this.#unfinished;
  }

  async #runMember(running: Running, store: (output: Payload) => void): Promise<void> {
    const { strand, member } = running;
    const { turns } = strand.run;
    await turns.take();
    try {
      if (strand.isHalted) return;
      store(await strand.run.runProgram(strand, member.program, member.input));
      this.#frame.strand.lastEventId = strand.lastEventId;
      member.succeeded?.(strand);
      this.#remove(running);
    } catch (error) {
      this.#failed(running, error);
    } finally {
      turns.release();
      this.#wake();
    }
  }

  /** The execution itself may end while the failure is recorded: the history is full. */
  #failed(running: Running, error: unknown): void {
    try {
      if (!(error instanceof Halted)) this.#abort(running, asFailure(error));
    } catch (inner) {
      if (!(inner instanceof Halted)) throw inner;
    }
  }

  #remove(running: Running): void {
    this.#unfinished--;
    this.#running.splice(this.#running.indexOf(running), 1);
    running.strand.detach();
  }

  #abort(failed: Running, failure: StateFailure): void {
    this.#failure = failure;
    const parent = this.#frame.strand;
    parent.lastEventId = failed.strand.lastEventId;
    for (const { member, strand } of this.#running) {
      if (!failure.isFatal) {
        if (strand === failed.strand) member.failed?.(strand);
        else member.aborted?.();
        noteAborted(parent, strand);
      }
      strand.halt();
      strand.detach();
    }
    this.#running.length = 0;
    this.#unfinished = 0;
  }
}

/** Records the abortion of the state in which a branch stands, innermost first. */
function noteAborted(parent: Strand, strand: Strand): void {
  for (const child of strand.children) noteAborted(parent, child);
  if (strand.current) parent.note(`${strand.current}StateAborted`);
}

/**
 * Records the success of a Parallel or Map state and forms its output. The exit follows the same event as the success;
 * only a failure of the output follows the success itself (measured in floci pull request 3167).
 */
export async function succeed(
  frame: Frame,
  type: 'ParallelStateSucceeded' | 'MapStateSucceeded',
  outputs: readonly Payload[],
): Promise<Outcome> {
  const { strand, query } = frame;
  const succeededEventId = strand.note(type);
  try {
    return await query.output(Payload.join(outputs));
  } catch (error) {
    strand.lastEventId = succeededEventId;
    throw error;
  }
}

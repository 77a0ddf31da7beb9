/** What must hold in every world. */
import type { Happening } from '../observer';
import type { World } from '../world';

export interface Broken {
  /** Whose; undefined when it is nobody's in particular. */
  sessionId: string | undefined;
  /** What was seen, in a sentence. */
  what: string;
}

export interface Violation extends Broken {
  invariant: string;
  atMs: number;
}

/** One of them, with what it remembers of one world. */
export interface Invariant {
  readonly name: string;
  /** Told of everything that happens, as it happens. */
  see?(happening: Happening, world: World): Broken | undefined;
  /** Asked after every event. */
  check?(world: World): Broken | undefined;
  atEnd?(world: World): Broken | undefined;
}

/** What the quickstart knows of the running job; drawn by render.ts, never by the code that collects it. */
import type { NodeOutcome, NodeStatus, Progress } from '../../core/node/node-status';

/** How the quickstart disturbs the job. */
export type Disturbance = 'notice' | 'kill' | 'none';

export interface AttemptView {
  number: number;
  instanceId: string;
  instanceType: string;
  zone: string;
  /** As EC2 names it. */
  instanceState: string;
  /** Newest word of the node; null until it speaks. */
  status: Pick<NodeStatus, 'stage' | 'stages' | 'lastCheckpoint' | 'resumedFrom' | 'stopping'> | null;
  progress: Progress | null;
  /** The node's last word; null until it has said it. */
  outcome: NodeOutcome | null;
}

/** Something that happened, for the list below the attempts. */
export interface Note {
  atSeconds: number;
  text: string;
}

export interface RunView {
  sessionId: string;
  elapsedSeconds: number;
  execution: { status: string; state: string | null };
  attempts: AttemptView[];
  notes: Note[];
}

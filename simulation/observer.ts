/** What happens in a world, as whoever checks it is told. */
import type { Session } from '../core/session/session';
import type { AwsEvent } from '../local/service';
import type { ApiCall, Outcome } from './api';
import type { Fate, TrainingChange } from './hosts/model-hosts';
import type { Wish } from './scenario';

export type Happening =
  | { kind: 'request'; call: ApiCall; outcome: Outcome; error: string | undefined }
  | { kind: 'invocation'; name: string; requestId: string; event: string; outcome: string }
  | { kind: 'record'; session: Session; before: Session | undefined }
  | { kind: 'object'; bucket: string; key: string; text: string | undefined }
  | { kind: 'event'; event: AwsEvent }
  | { kind: 'fate'; what: string; detailType: string; about: string }
  | { kind: 'training'; change: TrainingChange }
  | { kind: 'misfortune'; fate: Fate; instanceId: string; sessionId: string | undefined }
  | { kind: 'trouble'; instanceId: string; what: string; lastsMs: number }
  | { kind: 'wish'; wish: Wish | 'submit'; sessionId: string }
  | { kind: 'outage'; what: string; isOver: boolean }
  | { kind: 'published'; sessionId: string; alertId: string; isKnown: boolean }
  | { kind: 'agent'; instanceId: string; line: string }
  | { kind: 'printed'; line: string };

export interface Entry {
  atMs: number;
  happening: Happening;
}

/** Looks at a session again and again until it is over. */

import type { Session } from '../core/session/session';
import { type SessionView, sessionView } from '../core/view/session-view';
import type { Cloud } from './cloud/open-cloud';
import type { CliContext } from './context';

const EVERY_MS = 2000;
const EVERY_MS_LOCAL = 400;

export interface Seen {
  view: SessionView;
  session: Session | null;
}

/** Ends with the view that is over; throws when the context's signal is aborted. */
export async function* followSession(context: CliContext, cloud: Cloud, sessionId: string): AsyncGenerator<Seen> {
  for (;;) {
    const sources = await cloud.sessions.find(sessionId);
    const view = sessionView(sources);
    yield { view, session: sources.session };
    if (view.isOver) return;
    await context.sleep(cloud.isLocal ? EVERY_MS_LOCAL : EVERY_MS);
  }
}

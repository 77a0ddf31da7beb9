/** `runctl zombies`. Pure. */
import type { ZombieView } from '../../core/view/zombie-view';
import { dateTime, duration } from '../terminal/format';
import type { Paint } from '../terminal/paint';
import { type Column, table } from '../terminal/table';

const COLUMNS: readonly Column[] = [
  { head: 'RESOURCE' },
  { head: 'WHAT' },
  { head: 'ZONE' },
  { head: 'STATE' },
  { head: 'AGE', align: 'right' },
  { head: 'SESSION' },
  { head: 'WHY' },
  { head: 'MARKED' },
];

const WHY: Record<ZombieView['reason'], string> = {
  'no-record': 'no record of its session',
  expired: 'its time is over',
};

export function renderZombies(views: readonly ZombieView[], paint: Paint): string[] {
  return table(
    paint,
    COLUMNS,
    views.map((view) => [
      view.resourceId,
      view.what,
      view.zone,
      view.state,
      duration(view.ageSeconds),
      view.sessionId ?? 'none',
      `${WHY[view.reason]}${view.isProtected ? ' (protected: stays)' : ''}`,
      view.markedAt === null ? 'not yet' : dateTime(view.markedAt),
    ]),
  );
}

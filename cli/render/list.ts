/** `runctl ls`. Pure. */
import type { SessionView } from '../../core/view/session-view';
import { ago, duration, percent, usd } from '../terminal/format';
import { type Paint, paintState } from '../terminal/paint';
import { type Column, table } from '../terminal/table';

const COLUMNS: readonly Column[] = [
  { head: 'SESSION' },
  { head: 'STATE' },
  { head: 'ATTEMPT', align: 'right' },
  { head: 'PROGRESS', align: 'right' },
  { head: 'TIME LEFT', align: 'right' },
  { head: 'COST', align: 'right' },
  { head: 'OWNER' },
  { head: 'STARTED', align: 'right' },
];

export function renderList(views: readonly SessionView[], now: number, paint: Paint): string[] {
  return table(
    paint,
    COLUMNS,
    views.map((view) => {
      const { sessionId, state, attempt, progress, cost, job, createdAt, isOver } = view;
      const step = progress?.step == null ? '' : `step ${progress.step}`;
      return [
        sessionId,
        paintState(paint, state),
        attempt === 0 ? '' : String(attempt),
        progress?.fraction == null ? step : percent(progress.fraction),
        isOver || progress === null ? '' : duration(progress.etaSeconds),
        cost === null ? '' : usd(cost.usd),
        job?.owner ?? '',
        createdAt === null ? '' : ago(Math.max(0, (now - Date.parse(createdAt)) / 1000)),
      ];
    }),
  );
}

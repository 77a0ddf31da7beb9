/** `runctl checkpoints`. Pure. */
import type { CheckpointView } from '../../core/view/checkpoint-view';
import { ago, bytes } from '../terminal/format';
import type { Paint } from '../terminal/paint';
import { type Column, table } from '../terminal/table';

const COLUMNS: readonly Column[] = [
  { head: 'CHECKPOINT' },
  { head: 'STEP', align: 'right' },
  { head: 'ATTEMPT', align: 'right' },
  { head: 'SIZE', align: 'right' },
  { head: 'FILES', align: 'right' },
  { head: 'COMMITTED', align: 'right' },
  { head: 'STATE' },
];

export function renderCheckpoints(views: readonly CheckpointView[], paint: Paint): string[] {
  const rows = views.map((view) => [
    view.name,
    view.step === null ? '' : String(view.step),
    String(view.attempt),
    bytes(view.sizeBytes),
    String(view.files),
    ago(view.ageSeconds),
    stateText(view, paint),
  ]);
  return table(paint, COLUMNS, rows);
}

function stateText({ state, resumedBy, problems }: CheckpointView, paint: Paint): string {
  const resumed = resumedBy.length === 0 ? '' : `, attempt ${resumedBy.join(' and ')} began with it`;
  if (state === 'torn') return paint.red(`torn: ${problems.join('; ')}`);
  return `${state === 'verified' ? paint.green(state) : state}${resumed}`;
}

import { createColors } from 'picocolors';
import type { SessionState } from '../../core/view/session-state';
import type { CliContext, Output } from '../context';

export type Paint = ReturnType<typeof createColors>;

/** Colours on a terminal only. https://no-color.org, and its opposite. */
export function paintFor({ env }: Pick<CliContext, 'env'>, output: Output): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  const isForced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  const isWanted = isForced || (output.isTTY === true && TERM !== 'dumb');
  return createColors(isWanted && !NO_COLOR);
}

export function paintState(paint: Paint, state: SessionState): string {
  switch (state) {
    case 'succeeded':
      return paint.green(state);
    case 'failed':
    case 'refused':
      return paint.red(state);
    case 'stopped':
    case 'aborted':
    case 'stopping':
    case 'saving':
    case 'waiting for capacity':
      return paint.yellow(state);
    default:
      return paint.cyan(state);
  }
}

const BAR_CELLS = 28;

export function bar(paint: Paint, fraction: number, cells = BAR_CELLS): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * cells);
  return paint.cyan('█'.repeat(filled)) + paint.dim('░'.repeat(cells - filled));
}

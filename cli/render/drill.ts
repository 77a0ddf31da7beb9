/** `runctl drill`. Pure. */
import type { DrillReport } from '../drill/findings';
import { seconds } from '../terminal/format';
import type { Paint } from '../terminal/paint';
import { labelled } from './summary';

export function renderDrill(report: DrillReport, paint: Paint): string[] {
  const { checks, saveSeconds, uploadSeconds, resumeAfterNoticeSeconds, resumeAfterLossSeconds } = report;
  const held = checks.every(({ isOk }) => isOk);
  return [
    ...checks.map(({ isOk, text }) => `${isOk ? paint.green('✓') : paint.red('✗')} ${text}`),
    '',
    ...labelled(paint, [
      ['save after SIGTERM', seconds(saveSeconds)],
      ['upload of what was saved', seconds(uploadSeconds)],
      ['from notice to training again', seconds(resumeAfterNoticeSeconds)],
      ['from loss to training again', seconds(resumeAfterLossSeconds)],
    ]),
    paint.dim('  Measured on this machine; EC2 takes a minute or two to boot where the local cloud takes seconds.'),
    '',
    held ? paint.green('The job survives both.') : paint.red('The job does not survive both: see ✗.'),
  ];
}

import { readFile } from 'node:fs/promises';
import { ERROR_CLASSES } from '../../core/errors';
import { NOTIFICATION_KINDS } from '../../core/notifications/notification';
import { synthesize } from '../lib/support/synthesize';
import { OPERATIONS } from './readme-blocks';

describe('the operations manual', () => {
  let text: string;
  let headings: string[];
  beforeAll(async () => {
    text = await readFile(OPERATIONS, 'utf8');
    headings = [...text.matchAll(/^### `([^`]+)`$/gm)].map(([, name]) => name ?? '');
  });

  it('has a page for every kind of notification and every alarm, and for nothing else', () => {
    const alarms = Object.values(synthesize().findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) =>
      String(Properties.AlarmName).replace(/^[^-]*-/, ''),
    );
    expect(headings.toSorted()).toEqual([...NOTIFICATION_KINDS, ...alarms].toSorted());
  });

  it('names every error of a session', () => {
    const rows = [...text.matchAll(/^\| (`.+?) \| /gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(rows.toSorted()).toEqual(Object.keys(ERROR_CLASSES).toSorted());
  });
});

/** Executions are kept on disk: what a service that starts again on the same folder knows of its earlier life. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonata, World } from './support';

const PASS = jsonata({ Done: { Type: 'Pass', Output: { answer: 42 }, End: true } });
const FAIL = jsonata({ No: { Type: 'Fail', Error: 'Odd', Cause: 'It is odd.' } });
const WAIT = jsonata({ Long: { Type: 'Wait', Seconds: 1000, End: true } });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-states-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('executions', () => {
  it.each([PASS, FAIL])('that have ended are there again, with every event', async (definition) => {
    const before = new World(folder);
    const arn = await before.start(definition, { ünïcödé: '😀' });
    const after = new World(folder);
    expect(await after.describe(arn)).toEqual(await before.describe(arn));
    expect(await after.history(arn)).toEqual(await before.history(arn));
    expect(after.service.announceLost()).toEqual([]);
    expect(after.events).toEqual([]);
  });

  it.each([true, false])('that ran are aborted, and told of once (stopped in order: %p)', async (isOrderly) => {
    const before = new World(folder);
    const arn = await before.start(WAIT);
    if (isOrderly) await before.service.close();

    const after = new World(folder);
    expect(await after.describe(arn)).toMatchObject({
      status: 'ABORTED',
      error: 'Local.Stopped',
      cause: expect.stringContaining('was stopped'),
    });
    const shape = await after.shape(arn);
    expect(shape.at(0)).toBe('1<0 ExecutionStarted');
    expect(shape.at(-1)).toMatch(/^\d+<0 ExecutionAborted$/);
    // Of one that died, what came after the start is not known.
    expect(shape).toHaveLength(isOrderly ? 3 : 2);
    expect(after.service.announceLost()).toEqual(['run']);
    expect(after.service.announceLost()).toEqual([]);
    expect(after.events).toMatchObject([{ detail: { executionArn: arn, status: 'ABORTED', error: 'Local.Stopped' } }]);

    const third = new World(folder);
    expect(third.service.announceLost()).toEqual([]);
    expect(await third.describe(arn)).toEqual(await after.describe(arn));
  });

  it('keep their names to themselves, also after a restart', async () => {
    await new World(folder).start(PASS);
    await expect(new World(folder).start(PASS)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it('are written whole or not at all: half a file is none', async () => {
    const before = new World(folder);
    const arn = await before.start(PASS);
    writeFileSync(join(folder, 'torn.json'), '{"arn": "arn:aws');
    writeFileSync(join(folder, 'x.json.new'), '');
    expect(await new World(folder).describe(arn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toHaveLength(2);
  });
});

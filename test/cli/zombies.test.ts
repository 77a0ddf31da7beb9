import type { CliContext } from '../../cli/context';
import { showZombies } from '../../cli/show-zombies';
import { anInstance, aVolume, MemoryInventory, TABLE_NAME } from '../support/reaper-ports';
import { NOW } from '../support/sessions';

const zombie = anInstance();
const kept = anInstance({ resourceId: 'i-0kept', tags: { Protected: 'true' } });
const volume = aVolume();

/** What `runctl zombies` says and does, by nobody who could be asked. */
async function zombies(options: { reap?: true; yes?: true; json?: true }) {
  const inventory = new MemoryInventory();
  inventory.put(zombie, kept, volume);
  const ports = {
    inventory,
    register: { known: async () => new Set<string>() },
    marks: { page: async () => ({ items: [], next: undefined }) },
  };
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text) > 0 };
  const context = {
    stdout: output,
    stderr: output,
    isInteractive: false,
    env: {},
    seams: { zombies: async () => ({ zombiePorts: () => ports }) },
  } as unknown as CliContext;
  const cloud = {
    client: {},
    clock: { now: () => NOW },
    stack: { tableName: TABLE_NAME },
    command: (...words: string[]) => ['runctl', ...words].join(' '),
  } as unknown as Parameters<typeof showZombies>[1];
  const failure = await showZombies(context, cloud, { stack: 'Runctl', ...options }).catch((error: unknown) => error);
  return { out: written.join(''), ended: inventory.ended, failure };
}

describe('runctl zombies', () => {
  it('shows them, and how to end them, and ends nothing', async () => {
    const { out, ended } = await zombies({});
    for (const { resourceId } of [zombie, kept, volume]) expect(out).toContain(resourceId);
    expect(out).toContain('runctl zombies --reap');
    expect(ended).toEqual([]);
  });

  it('ends nothing unasked: where nobody can be asked it names the flag', async () => {
    const { failure, ended } = await zombies({ reap: true });
    expect(failure).toMatchObject({ hint: expect.stringContaining('--yes') });
    expect(ended).toEqual([]);
  });

  it('ends them when it is asked to, but for those that are protected', async () => {
    const { out, ended } = await zombies({ reap: true, yes: true });
    expect(ended).toEqual([zombie.resourceId, volume.resourceId]);
    expect(out).toContain('2 resources ended.');
  });

  it('says as JSON which were ended', async () => {
    const { out } = await zombies({ reap: true, yes: true, json: true });
    const said = (JSON.parse(out) as { resourceId: string; isEnded: boolean }[]).map((each) => [
      each.resourceId,
      each.isEnded,
    ]);
    expect(Object.fromEntries(said)).toEqual({ 'i-0zombie': true, 'i-0kept': false, 'vol-0zombie': true });
  });
});

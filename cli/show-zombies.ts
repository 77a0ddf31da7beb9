/** `runctl zombies`: finds them as the reaper does, and ends them when asked to. */
import type { Page } from '../core/ports';
import { type ZombieView, zombieViews } from '../core/view/zombie-view';
import { type BilledResource, sessionIdOf } from '../core/zombies/resource';
import { CliError } from './cli-error';
import type { Cloud } from './cloud/open-cloud';
import type { CliContext, ZombieSeam } from './context';
import { EXIT } from './exit-codes';
import type { CloudOptions, JsonOption } from './options';
import { renderZombies } from './render/zombies';
import { confirm } from './terminal/ask';
import { plural } from './terminal/format';
import { Printer } from './terminal/printer';

export interface ZombieOptions extends CloudOptions, JsonOption {
  reap?: true;
  yes?: true;
}

/** As the reaper's own default: what is younger may be a launch that is going on. */
const MIN_AGE_MINUTES = 15;

type ZombieCloud = Pick<Cloud, 'client' | 'clock' | 'stack' | 'command'>;
type Ports = ReturnType<ZombieSeam['zombiePorts']>;

export async function showZombies(context: CliContext, cloud: ZombieCloud, options: ZombieOptions): Promise<void> {
  const { zombiePorts } = await context.seams.zombies();
  const { tableName } = cloud.stack;
  const ports = zombiePorts({ tableName, clock: cloud.clock, client: cloud.client });
  const { zombies: found } = await lookAtBill(ports, cloud);
  const printer = new Printer(context);
  const reaped = options.reap ? await reap(context, ports, found, options) : [];
  if (options.json) {
    printer.json(found.map(({ resource: _, ...view }) => ({ ...view, isEnded: reaped.includes(view.resourceId) })));
    return;
  }
  if (found.length === 0) return printer.line('No zombies: every instance and volume is accounted for.');
  printer.lines(renderZombies(found, printer.paint));
  if (options.reap) printer.line(`${plural(reaped.length, 'resource')} ended.`);
  else printer.note(`The reaper looks every ten minutes. To end them now: ${cloud.command('zombies', '--reap')}`);
}

export interface BillLook {
  /** Instances and volumes with runctl's tags, ended ones included for as long as EC2 shows them. */
  resources: BilledResource[];
  zombies: ZombieView[];
}

export async function lookAtBill(
  { inventory, register, marks }: Ports,
  { clock, stack }: Pick<Cloud, 'clock' | 'stack'>,
): Promise<BillLook> {
  const [instances, volumes, marked] = await Promise.all([
    all((token) => inventory.page('instance', token)),
    all((token) => inventory.page('volume', token)),
    all((token) => marks.page(token)),
  ]);
  const resources = [...instances, ...volumes];
  const recorded = await register.known(resources.flatMap((resource) => sessionIdOf(resource) ?? []));
  const settings = { minAgeMinutes: MIN_AGE_MINUTES, isDryRun: true, tableName: stack.tableName };
  const zombies = zombieViews({
    resources,
    recorded,
    marks: marked,
    pass: { passId: 'runctl', now: clock.now(), settings },
  });
  return { resources, zombies };
}

async function all<T>(page: (token: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let token: string | undefined;
  do {
    const next = await page(token);
    items.push(...next.items);
    token = next.next;
  } while (token !== undefined);
  return items;
}

/** Returns the ids of what was ended. Protected ones never are. */
async function reap(
  context: CliContext,
  { inventory }: Ports,
  found: readonly ZombieView[],
  { yes }: ZombieOptions,
): Promise<string[]> {
  const victims = found.filter((view) => !view.isProtected);
  if (victims.length === 0) return [];
  const ids = victims.map(({ resourceId }) => resourceId);
  const isSure = yes ?? (await confirm(context, `End ${ids.join(', ')}? Nothing is saved first.`, '--yes'));
  if (!isSure) throw new CliError('Nothing was ended.', { exitCode: EXIT.interrupted });
  await inventory.end(victims.map(({ resource }) => resource));
  return ids;
}

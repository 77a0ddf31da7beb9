/** What is on the bill now, with its price and whom it belongs to. */

import { allNodes } from '../../core/session/attempts';
import { TAG } from '../../core/tags';
import { ms, SECOND_MS } from '../../core/time';
import type { FleetAnswer, FleetInstance } from '../../core/view/page-api';
import { type BilledInstance, hasEnded, sessionIdOf } from '../../core/zombies/resource';
import type { Cloud } from '../cloud/open-cloud';
import type { CliContext } from '../context';
import { lookAtBill } from '../show-zombies';

export async function lookAtFleet(context: CliContext, cloud: Cloud): Promise<FleetAnswer> {
  const { clock, client, stack, sessions } = cloud;
  const { zombiePorts } = await context.seams.zombies();
  const ports = zombiePorts({ tableName: stack.tableName, clock, client });
  const { resources, zombies } = await lookAtBill(ports, cloud);
  const instances = resources.filter((each): each is BilledInstance => each.kind === 'instance');
  const standing = instances.filter((each) => !hasEnded(each));
  const owners = [...new Set(standing.flatMap((each) => sessionIdOf(each) ?? []))];
  const nodes = [...(await sessions.records(owners)).values()].flatMap(allNodes);
  const prices = new Map(nodes.map(({ instanceId, usdPerHour }) => [instanceId, usdPerHour]));
  const now = clock.now();
  const views = instances.map((each) => instanceView(each, prices.get(each.resourceId) ?? null, now));
  return {
    now,
    instances: views.sort((a, b) => b.ageSeconds - a.ageSeconds),
    zombies: zombies.map(({ resource: _, ...zombie }) => zombie),
    reapCommand: cloud.command('zombies', '--reap'),
  };
}

function instanceView(instance: BilledInstance, usdPerHour: number | null, now: number): FleetInstance {
  const { resourceId, instanceType, market, zone, state, createdAt, tags } = instance;
  const attempt = Number(tags[TAG.attempt]);
  return {
    instanceId: resourceId,
    ...{ instanceType, market, zone, state, usdPerHour },
    ageSeconds: Math.max(0, (now - ms(createdAt)) / SECOND_MS),
    sessionId: sessionIdOf(instance),
    attempt: Number.isInteger(attempt) && attempt > 0 ? attempt : null,
  };
}

/** What runs of the local cloud used of their roles' rights, one file a run. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { RoleGrant } from '../../local/iam/grant-log';

const recording = z.array(
  z.object({
    role: z.string(),
    action: z.string(),
    resource: z.string(),
    condition: z.string(),
    uses: z.number(),
  }),
);

/** Adds a run's file to the folder. */
export function record(folder: string, grants: readonly RoleGrant[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(grants.filter(({ uses }) => uses > 0)));
}

/** The grants with the uses of all runs; rights that were recorded and are no longer granted count for nothing. */
export function withRecordedUses(folder: string, grants: readonly RoleGrant[]): RoleGrant[] {
  const uses = new Map<string, number>();
  for (const used of recordings(folder).flat()) uses.set(keyOf(used), (uses.get(keyOf(used)) ?? 0) + used.uses);
  return grants.map((grant) => ({ ...grant, uses: uses.get(keyOf(grant)) ?? 0 }));
}

function recordings(folder: string): RoleGrant[][] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    names = [];
  }
  if (names.length === 0) throw new Error(`Nothing was recorded in ${folder}: run the tests first, or leave out --recorded.`);
  return names.map((name) => recording.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
}

const keyOf = ({ role, action, resource, condition }: RoleGrant) => [role, action, resource, condition].join(' ');

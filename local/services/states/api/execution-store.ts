/**
 * Executions on disk, one file each: what AWS keeps for 90 days, the local cloud keeps with its bucket and table. A file is
 * written when an execution starts and again when it ends, by rename, so that it is whole or not there.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionStatus, HistoryEvent } from '@aws-sdk/client-sfn';
import { z } from 'zod';

/** As the API shows it, but for its date. */
const eventSchema = z
  .looseObject({ timestamp: z.coerce.date(), type: z.string(), id: z.int() })
  .transform((event) => event as unknown as HistoryEvent);

const storedSchema = z.object({
  arn: z.string(),
  name: z.string(),
  stateMachineArn: z.string(),
  input: z.string(),
  /** Milliseconds since the Unix epoch. */
  startedAtMs: z.number(),
  /** null while it runs. */
  end: z
    .object({
      status: z.enum(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] satisfies ExecutionStatus[]),
      output: z.string().optional(),
      error: z.string().optional(),
      cause: z.string().optional(),
      stoppedAtMs: z.number(),
    })
    .nullable(),
  events: z.array(eventSchema),
});

export type StoredExecution = z.infer<typeof storedSchema>;

export class ExecutionStore {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  save(execution: StoredExecution): void {
    // Names may be longer than those of files, and have any letters.
    const path = join(this.folder, `${createHash('sha256').update(execution.arn).digest('hex')}.json`);
    writeFileSync(`${path}.new`, JSON.stringify(execution));
    renameSync(`${path}.new`, path);
  }

  /** By their start, oldest first. A file that cannot be read is left out. */
  load(): StoredExecution[] {
    const names = readdirSync(this.folder).filter((name) => name.endsWith('.json'));
    const found = names.flatMap((name) => read(join(this.folder, name)) ?? []);
    return found.sort((a, b) => a.startedAtMs - b.startedAtMs || (a.arn < b.arn ? -1 : 1));
  }
}

function read(path: string): StoredExecution | undefined {
  try {
    return storedSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

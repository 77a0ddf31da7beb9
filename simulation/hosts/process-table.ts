/** The processes of all hosts of a world, as agent/process-table.ts shows them. */

export interface ModelProcess {
  readonly pid: number;
  /** `NAME=value` by which the agent finds its training again. */
  readonly marker: string;
  /** A file that it has open for writing. */
  readonly writes: string | undefined;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

export class ProcessTable {
  readonly #processes = new Map<number, ModelProcess>();
  #lastPid = 1000;

  nextPid(): number {
    return ++this.#lastPid;
  }

  add(process: ModelProcess): void {
    this.#processes.set(process.pid, process);
  }

  remove({ pid }: ModelProcess): void {
    this.#processes.delete(pid);
  }

  /** What agent/process-table.ts exports. */
  get module(): object {
    const living = () => [...this.#processes.values()];
    return {
      processesOf: ({ marker, groupId }: { marker: string; groupId?: number }) =>
        living()
          .filter((process) => process.marker === marker || process.pid === groupId)
          .map(({ pid }) => ({ pid, parentPid: 1, groupId: pid, state: 'S' })),
      signalAll: (entries: readonly { pid: number }[], signal: 'SIGTERM' | 'SIGKILL') => {
        for (const { pid } of entries) this.#processes.get(pid)?.signal(signal);
      },
      commandLine: () => ['bash'],
      openForWriting: (folder: string) =>
        new Set(living().flatMap(({ writes }) => (writes?.startsWith(`${folder}/`) ? [writes] : []))),
    };
  }
}

/** What the example's training script says in its log about the steps that it began and ended with. Pure. */

export interface ScriptWords {
  resumedAtStep: number | null;
  /** The step that it ended at when it was told to stop, or the last one that it printed. */
  lastStep: number | null;
}

export function scriptWords(log: string): ScriptWords {
  return {
    resumedAtStep: number(/^.*\bresumed at step (\d+)/m.exec(log)),
    lastStep: number(/\bSIGTERM: ended at step (\d+)/.exec(log) ?? [...log.matchAll(/\bstep=(\d+) /g)].at(-1)),
  };
}

function number(match: RegExpMatchArray | null | undefined): number | null {
  return match?.[1] === undefined ? null : Number(match[1]);
}

/** What became of a session's superseded checkpoints. */
export interface Pruned {
  /** Attempts before this one have no checkpoint left. */
  emptyBelow: number;
  /** Nothing but the newest attempt's own is left. */
  isSettled: boolean;
  removed: number;
}

/** Which sessions somebody wants to see. Pure. */
import type { SessionRow } from '../../core/view/session-row';

export type Filter = 'all' | 'running' | 'succeeded' | 'failed' | 'stopped';

export interface Wanted {
  filter: Filter;
  /** Words, all of which must be somewhere in what a row shows. */
  text: string;
  /** Empty: any. */
  project: string;
  owner: string;
}

export const FILTERS: readonly { filter: Filter; name: string; has: (row: SessionRow) => boolean }[] = [
  { filter: 'all', name: 'All', has: () => true },
  { filter: 'running', name: 'Running', has: ({ isOver }) => !isOver },
  { filter: 'succeeded', name: 'Succeeded', has: ({ state }) => state === 'succeeded' },
  { filter: 'failed', name: 'Failed', has: ({ state }) => state === 'failed' || state === 'refused' },
  { filter: 'stopped', name: 'Stopped', has: ({ state }) => state === 'stopped' || state === 'aborted' },
];

export function matches(row: SessionRow, { filter, text, project, owner }: Wanted): boolean {
  if (project !== '' && row.project !== project) return false;
  if (owner !== '' && row.owner !== owner) return false;
  if (!FILTERS.some((each) => each.filter === filter && each.has(row))) return false;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const said = [row.sessionId, row.name, row.state, row.project, row.owner, row.instanceType, row.error]
    .join(' ')
    .toLowerCase();
  return words.every((word) => said.includes(word));
}

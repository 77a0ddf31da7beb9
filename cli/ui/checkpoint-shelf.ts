/**
 * Checkpoints of the sessions that somebody looks at. A manifest does not change once it is there: it is read once. What
 * a node that is gone has left grows no more, and is listed now and then, as old ones are pruned.
 */
import { allNodes } from '../../core/session/attempts';
import type { Node, Session } from '../../core/session/session';
import { MINUTE_MS } from '../../core/time';
import type { CheckpointLook } from '../../core/view/checkpoint-view';
import { type CheckpointSource, lookAtNode } from '../cloud/checkpoints';
import { keepNewest } from './keep-newest';

const MOST_MANIFESTS = 5000;
const MOST_NODES = 1000;
const GONE_EVERY_MS = MINUTE_MS;

export class CheckpointShelf {
  readonly #source: CheckpointSource;
  readonly #manifests = new Map<string, unknown>();
  /** By user id. */
  readonly #gone = new Map<string, { lookedMs: number; looks: CheckpointLook[] }>();

  constructor(
    source: CheckpointSource,
    private readonly monotonicMs: () => number,
  ) {
    this.#source = { list: (prefix) => source.list(prefix), readJson: (key) => this.#manifest(source, key) };
  }

  async of(session: Session): Promise<CheckpointLook[]> {
    return (await Promise.all(allNodes(session).map((node) => this.#ofNode(node)))).flat();
  }

  async #ofNode(node: Node): Promise<CheckpointLook[]> {
    const kept = this.#gone.get(node.userId);
    const now = this.monotonicMs();
    if (kept && now - kept.lookedMs < GONE_EVERY_MS) return kept.looks;
    const looks = await lookAtNode(this.#source, node);
    if (node.state === 'terminated') keepNewest(this.#gone, node.userId, { lookedMs: now, looks }, MOST_NODES);
    return looks;
  }

  async #manifest(source: CheckpointSource, key: string): Promise<unknown> {
    const kept = this.#manifests.get(key);
    if (kept !== undefined) return kept;
    const manifest = await source.readJson(key);
    if (manifest !== undefined) keepNewest(this.#manifests, key, manifest, MOST_MANIFESTS);
    return manifest;
  }
}

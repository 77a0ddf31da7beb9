/** How much of an image is here, from what `docker pull` prints where it has no terminal: a line for each step of a layer. */

/** A layer that is downloaded is still to be unpacked. */
const SHARES: readonly [said: RegExp, share: number][] = [
  [/^(Pulling fs layer|Waiting)/, 0],
  [/^(Verifying Checksum|Download complete)/, 0.5],
  [/^(Pull complete|Already exists)/, 1],
];
const LAYER = /^([0-9a-f]{12}): (.*)$/;

export class PullProgress {
  readonly #layers = new Map<string, number>();

  /** Returns 0..1, null before any layer is known. */
  read(line: string): number | null {
    const [, layer, said = ''] = LAYER.exec(line.trim()) ?? [];
    const share = SHARES.find(([words]) => words.test(said))?.[1];
    if (layer !== undefined && share !== undefined) {
      this.#layers.set(layer, Math.max(share, this.#layers.get(layer) ?? 0));
    }
    if (this.#layers.size === 0) return null;
    return [...this.#layers.values()].reduce((sum, each) => sum + each, 0) / this.#layers.size;
  }
}

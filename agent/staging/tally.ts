/** How the files of a transfer were checked. */
import type { ChecksumAlgorithm } from './checksums';

export class Tally {
  readonly #counts = new Map<string, number>();

  /** `undefined`: S3 has no checksum that can be computed here. */
  count(algorithm: ChecksumAlgorithm | undefined): void {
    this.#add(algorithm ?? 'size alone');
  }

  /** Was there already, brought and checked by an earlier process of the agent. */
  found(): void {
    this.#add('an earlier process');
  }

  #add(how: string): void {
    this.#counts.set(how, (this.#counts.get(how) ?? 0) + 1);
  }

  /** e.g. `19,998 by CRC64NVME, 2 by size alone`. */
  toString(): string {
    const counts = [...this.#counts].sort(([, a], [, b]) => b - a);
    return counts.map(([how, count]) => `${count.toLocaleString('en-US')} by ${how}`).join(', ') || 'nothing';
  }
}

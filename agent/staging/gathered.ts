/** Writes chunks as they come from the network, some at a time: each call hands the work to another thread. */
import type { FileHandle } from 'node:fs/promises';

const GATHERED_BYTES = 512 * 1024;

export class GatheredWriter {
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(
    private readonly handle: FileHandle,
    private position: number,
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= GATHERED_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    let left: Uint8Array[] = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    while (left.length > 0) {
      const { bytesWritten } = await this.handle.writev(left, this.position);
      this.position += bytesWritten;
      left = after(left, bytesWritten);
    }
  }
}

function after(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  return chunks.flatMap((chunk) => {
    const skipped = Math.min(skip, chunk.length);
    skip -= skipped;
    return skipped === chunk.length ? [] : [chunk.subarray(skipped)];
  });
}

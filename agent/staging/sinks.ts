/** Where the bytes of one object go until they are a file in its place. */
import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GatheredWriter } from './gathered';

/** For small files: written at once. Each asynchronous call would cost more than the write itself, and there are five. */
export class MemorySink {
  readonly #chunks: Uint8Array[] = [];

  constructor(private readonly partial: string) {}

  write(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  finish(path: string, modifiedAtMs: number): void {
    writeFileSync(this.partial, this.#chunks.length === 1 ? (this.#chunks[0] ?? '') : Buffer.concat(this.#chunks));
    putInPlace(this.partial, path, modifiedAtMs);
  }

  close(): void {}
}

export class FileSink {
  readonly #writer: GatheredWriter;

  private constructor(
    private readonly partial: string,
    private readonly handle: FileHandle,
  ) {
    this.#writer = new GatheredWriter(handle, 0);
  }

  static async open(partial: string): Promise<FileSink> {
    return new FileSink(partial, await open(partial, 'w'));
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#writer.write(chunk);
  }

  async finish(path: string, modifiedAtMs: number): Promise<void> {
    await this.#writer.flush();
    putInPlace(this.partial, path, modifiedAtMs);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** The date goes on first: a file under its own name is whole, and known to be. */
export function putInPlace(partial: string, path: string, modifiedAtMs: number): void {
  utimesSync(partial, modifiedAtMs / 1000, modifiedAtMs / 1000);
  try {
    renameSync(partial, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    renameSync(partial, path);
  }
}

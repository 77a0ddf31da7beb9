/**
 * A file that comes in ranges, written in place side by side. It lies under a temporary name beside a journal of the ranges
 * that are there, so that a restarted agent fetches only the others.
 */
import { appendFile, type FileHandle, open, readFile, rm, writeFile } from 'node:fs/promises';
import type { PartCrc } from './checksums';
import { GatheredWriter } from './gathered';

export interface ByteRange {
  startByte: number;
  /** Inclusive. */
  endByte: number;
}

export interface PartFileOptions {
  path: string;
  sizeBytes: number;
  partBytes: number;
  /** Of the object: another one's parts are of no use. */
  etag: string;
}

export class PartFile {
  /** By number, the CRC of each part that is there; '' where none is computed. */
  readonly #done = new Map<number, string>();

  private constructor(
    private readonly options: PartFileOptions,
    private readonly handle: FileHandle,
  ) {}

  static async open(options: PartFileOptions): Promise<PartFile> {
    const { path, sizeBytes } = options;
    const head = headOf(options);
    const journal = await readFile(journalOf(path), 'utf8').catch(() => '');
    const isOurs = journal.startsWith(`${head}\n`);
    const file = new PartFile(options, await open(path, isOurs ? 'r+' : 'w').catch(() => open(path, 'w')));
    const { size } = await file.handle.stat();
    if (isOurs && size === sizeBytes) file.#recall(journal);
    else await file.reset();
    return file;
  }

  /** Of the last line only what a line break confirms: the agent may have died over it. */
  #recall(journal: string): void {
    for (const line of journal.split('\n').slice(1, -1)) {
      const [number, crc = ''] = line.split(' ');
      if (number !== undefined && Number(number) < this.parts) this.#done.set(Number(number), crc);
    }
  }

  /** Nothing of it is there. */
  async reset(): Promise<void> {
    this.#done.clear();
    await this.handle.truncate(this.options.sizeBytes);
    await writeFile(journalOf(this.options.path), `${headOf(this.options)}\n`);
  }

  get parts(): number {
    return Math.ceil(this.options.sizeBytes / this.options.partBytes);
  }

  get missing(): number[] {
    return Array.from({ length: this.parts }, (_, number) => number).filter((number) => !this.#done.has(number));
  }

  get isComplete(): boolean {
    return this.#done.size === this.parts;
  }

  get doneBytes(): number {
    return [...this.#done.keys()].reduce((sum, number) => sum + this.#sizeOf(number), 0);
  }

  rangeOf(number: number): ByteRange {
    const startByte = number * this.options.partBytes;
    return { startByte, endByte: startByte + this.#sizeOf(number) - 1 };
  }

  #sizeOf(number: number): number {
    const { sizeBytes, partBytes } = this.options;
    return Math.min(partBytes, sizeBytes - number * partBytes);
  }

  /** For the bytes of one part, in order; flushed before `done`. */
  writerOf(number: number): GatheredWriter {
    return new GatheredWriter(this.handle, this.rangeOf(number).startByte);
  }

  /** `crc` in base64. */
  async done(number: number, crc: string): Promise<void> {
    await appendFile(journalOf(this.options.path), `${number} ${crc}\n`);
    this.#done.set(number, crc);
  }

  /** Of all parts in order. */
  get crcs(): PartCrc[] {
    return Array.from({ length: this.parts }, (_, number) => ({
      sizeBytes: this.#sizeOf(number),
      value: this.#done.get(number) ?? '',
    }));
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  async forget(): Promise<void> {
    await rm(journalOf(this.options.path), { force: true });
  }
}

const journalOf = (path: string) => `${path}.parts`;
const headOf = ({ sizeBytes, partBytes, etag }: PartFileOptions) => JSON.stringify({ sizeBytes, partBytes, etag });

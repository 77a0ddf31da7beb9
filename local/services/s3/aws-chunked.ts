/**
 * The framing that SDKs put around a body whose checksum comes after it: `<size in hex>[;chunk-signature=…]`, the
 * bytes, and after the last chunk trailing headers. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { Transform, type TransformCallback } from 'node:stream';
import { AwsError } from '../../service';

/** A chunk's size with its signature, or one trailing header. */
const MAX_LINE_BYTES = 4096;

export class AwsChunkedDecoder extends Transform {
  /** By lower-case name; complete once the stream has ended. */
  readonly trailers: Record<string, string> = {};
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'done' = 'size';
  #line = '';
  #remainingBytes = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    try {
      let at = 0;
      while (at < chunk.length) at = this.#state === 'data' ? this.#takeData(chunk, at) : this.#takeLine(chunk, at);
      callback();
    } catch (error) {
      callback(error as Error);
    }
  }

  override _flush(callback: TransformCallback): void {
    const complete = this.#state === 'done' || (this.#state === 'trailer' && this.#line === '');
    callback(complete ? null : new AwsError('IncompleteBody', 'The request body terminated unexpectedly.'));
  }

  #takeData(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#remainingBytes);
    this.push(chunk.subarray(at, end));
    this.#remainingBytes -= end - at;
    if (this.#remainingBytes === 0) this.#state = 'data-end';
    return end;
  }

  #takeLine(chunk: Buffer, at: number): number {
    const newline = chunk.indexOf(0x0a, at);
    const end = newline < 0 ? chunk.length : newline;
    this.#line += chunk.toString('latin1', at, end);
    if (this.#line.length > MAX_LINE_BYTES) throw new AwsError('InvalidRequest', 'A chunk header is too long.');
    if (newline < 0) return chunk.length;
    const line = this.#line.replace(/\r$/, '');
    this.#line = '';
    this.#endLine(line);
    return newline + 1;
  }

  #endLine(line: string): void {
    if (this.#state === 'data-end') {
      if (line !== '') throw new AwsError('InvalidRequest', 'A chunk is longer than its header says.');
      this.#state = 'size';
    } else if (this.#state === 'size') {
      if (!/^[0-9a-fA-F]+(;.*)?$/.test(line)) throw new AwsError('InvalidRequest', 'A chunk header has no size.');
      this.#remainingBytes = Number.parseInt(line, 16);
      this.#state = this.#remainingBytes === 0 ? 'trailer' : 'data';
    } else if (line === '') {
      this.#state = 'done';
    } else {
      const colon = line.indexOf(':');
      this.trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
    }
  }
}

/** Bytes into lines. How many bytes they were is known, so that reading can go on from there. */

/** A longer line is cut: it would fill memory. */
const LONGEST_LINE_BYTES = 64 * 1024;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

export interface Line {
  text: string;
  /** The line break; '' where a line was cut. */
  end: string;
}

export class LineSplitter {
  readonly #secrets: Buffer[];
  #rest: Buffer = Buffer.alloc(0);

  /** Lines are not cut in the middle of a secret. */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.map((secret) => Buffer.from(secret));
  }

  get restBytes(): number {
    return this.#rest.length;
  }

  /** What has no line break yet. */
  get rest(): string {
    return this.#rest.toString('utf8');
  }

  takeRest(): string {
    const { rest } = this;
    this.#rest = Buffer.alloc(0);
    return rest;
  }

  /** Progress bars end their lines with a carriage return alone. `chunk` may be written over afterwards. */
  push(chunk: Buffer): Line[] {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const end = Math.max(bytes.lastIndexOf(LINE_FEED), bytes.lastIndexOf(CARRIAGE_RETURN)) + 1;
    const lines = linesOf(bytes.toString('utf8', 0, end));
    const cut = bytes.length - end > LONGEST_LINE_BYTES ? this.#cutAt(bytes, end) : end;
    if (cut > end) lines.push({ text: bytes.toString('utf8', end, cut), end: '' });
    this.#rest = bytes.subarray(cut);
    return lines;
  }

  /** As late as no secret can lie across it, and no character. */
  #cutAt(bytes: Buffer, start: number): number {
    const longest = Math.max(0, ...this.#secrets.map(({ length }) => length));
    let cut = bytes.length - longest;
    for (const secret of this.#secrets) {
      const at = bytes.indexOf(secret, Math.max(start, cut - secret.length + 1));
      if (at >= 0 && at < cut && at > start) cut = at;
    }
    while (cut > start + 1 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
    return Math.max(start, cut);
  }
}

function linesOf(text: string): Line[] {
  const parts = text.split(/(\r\n|\n|\r)/);
  const lines: Line[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) lines.push({ text: parts[at] ?? '', end: parts[at + 1] ?? '' });
  return lines;
}

/**
 * Whether a file is whole, for the formats that tell: PyTorch's and NumPy's zip archives end in a directory, safetensors
 * begin with one, JSON parses. For files of which nothing else is known once training has ended.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** End of central directory record: 22 bytes and a comment of up to 64 KiB (APPNOTE.TXT 4.3.16). */
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1');
const ZIP_TAIL_BYTES = 22 + 65_535;
const LARGEST_HEADER_BYTES = 100 * 2 ** 20;
const LARGEST_JSON_BYTES = 64 * 2 ** 20;

/** Undefined for formats that do not tell. */
export function isWhole(path: string): boolean | undefined {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const read = (position: number, length: number) => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - position)));
      readSync(file, bytes, 0, bytes.length, position);
      return bytes;
    };
    if (read(0, 4).toString('latin1') === 'PK\x03\x04') {
      return read(Math.max(0, size - ZIP_TAIL_BYTES), ZIP_TAIL_BYTES).includes(ZIP_END);
    }
    if (path.endsWith('.safetensors')) return isWholeSafetensors(size, read);
    if (path.endsWith('.json') && size <= LARGEST_JSON_BYTES) {
      // What does not parse may be whole all the same: Python writes NaN, and lines of JSON.
      return parses(read(0, size)) === undefined ? undefined : true;
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}

function parses(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** https://huggingface.co/docs/safetensors: length of the header, header, data. */
function isWholeSafetensors(size: number, read: (position: number, length: number) => Buffer): boolean {
  if (size < 8) return false;
  const headerBytes = Number(read(0, 8).readBigUInt64LE());
  if (headerBytes > LARGEST_HEADER_BYTES || 8 + headerBytes > size) return false;
  const header = parses(read(8, headerBytes));
  if (typeof header !== 'object' || header === null) return false;
  const ends = Object.values(header as Record<string, { data_offsets?: [number, number] }>).map(
    ({ data_offsets }) => data_offsets?.[1] ?? 0,
  );
  return 8 + headerBytes + Math.max(0, ...ends) === size;
}

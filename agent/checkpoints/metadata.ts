/** The step of a checkpoint from what it holds, where its name does not tell. Nothing of it is executed. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { z } from 'zod';
import type { Candidate } from './look';

/** transformers/trainer_callback.py: TrainerState. */
const trainerStateSchema = z.object({ global_step: z.int().nonnegative() });
const TRAINER_STATE = 'trainer_state.json';
const LARGEST_JSON_BYTES = 64 * 2 ** 20;

/** torch.save writes a zip archive whose first member is the pickle; Lightning puts the step among its first keys. */
const ZIP_BEGIN = 'PK\x03\x04';
const LOOKED_AT_BYTES = 2 ** 20;
const KEY = Buffer.from('global_step');

/** Undefined when it does not tell either. */
export function stepFromMetadata({ kind, files }: Candidate): number | undefined {
  try {
    if (kind === 'file') return files[0] && stepInPickle(firstBytes(files[0].absolutePath));
    const state = files.find(({ path, sizeBytes }) => path === TRAINER_STATE && sizeBytes <= LARGEST_JSON_BYTES);
    const parsed = state && trainerStateSchema.safeParse(JSON.parse(readFileSync(state.absolutePath, 'utf8')));
    return parsed?.data?.global_step;
  } catch {
    // Deleted meanwhile, or no JSON: it does not tell.
    return undefined;
  }
}

function firstBytes(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(LOOKED_AT_BYTES);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

/** The number that is pickled right after the key: https://github.com/python/cpython/blob/main/Lib/pickletools.py */
function stepInPickle(bytes: Buffer): number | undefined {
  if (bytes.subarray(0, 4).toString('latin1') !== ZIP_BEGIN) return undefined;
  const found = bytes.indexOf(KEY);
  if (found === -1) return undefined;
  const memo = found + KEY.length;
  // MEMOIZE, BINPUT and LONG_BINPUT stand between a key and its value.
  const memoBytes: Record<number, number> = { 148: 1, 113: 2, 114: 5 };
  const value = memo + (memoBytes[bytes[memo] ?? 0] ?? 0);
  switch (bytes[value]) {
    case 0x4b: // BININT1
      return bytes.readUInt8(value + 1);
    case 0x4d: // BININT2
      return bytes.readUInt16LE(value + 1);
    case 0x4a: // BININT
      return bytes.readInt32LE(value + 1);
    default:
      return undefined;
  }
}

/** A progress bar of bytes, on a terminal only. */
import { Presets, SingleBar } from 'cli-progress';
import type { CliContext } from '../context';
import { bytes } from './format';

export interface TransferBar {
  add(sizeBytes: number): void;
  stop(): void;
}

export function transferBar({ stderr }: Pick<CliContext, 'stderr'>, what: string, totalBytes: number): TransferBar {
  if (stderr.isTTY !== true || totalBytes === 0) return { add: () => {}, stop: () => {} };
  const bar = new SingleBar(
    {
      format: `${what} {bar} {percentage} %  {done} of ${bytes(totalBytes)}`,
      stream: stderr as NodeJS.WriteStream,
      hideCursor: true,
      barsize: 28,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  let doneBytes = 0;
  bar.start(totalBytes, 0, { done: bytes(0) });
  return {
    add(sizeBytes) {
      doneBytes += sizeBytes;
      bar.update(doneBytes, { done: bytes(doneBytes) });
    },
    stop: () => bar.stop(),
  };
}

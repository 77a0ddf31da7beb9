/** The local cloud of this checkout, synthesized first when that is needed: for command lines. */
import { join, resolve } from 'node:path';
import { type LocalCloud, startLocalCloud } from './cloud';
import { isStale, synthesize } from './synthesize';

export interface CheckoutOptions {
  dataDir: string;
  /** undefined: the usual one; 0: any free one. */
  port: number | undefined;
  speed: number;
  /** What `cdk synth` wrote; undefined: the checkout's own, made anew when it is out of date. */
  assemblyDir: string | undefined;
  onSynthesize: () => void;
  log: (line: string) => void;
}

const ROOT = resolve(__dirname, '..');

/** @throws Error that says what is wrong, for people. */
export async function startFromCheckout(options: CheckoutOptions): Promise<LocalCloud> {
  const { dataDir, port, speed, onSynthesize, log } = options;
  const assemblyDir = resolve(options.assemblyDir ?? join(ROOT, 'cdk.out'));
  if (assemblyDir === join(ROOT, 'cdk.out') && isStale(ROOT, assemblyDir)) {
    onSynthesize();
    await synthesize(ROOT, assemblyDir);
  }
  return startLocalCloud({ assemblyDir, dataDir, speed, log, ...(port === undefined ? {} : { port }) });
}

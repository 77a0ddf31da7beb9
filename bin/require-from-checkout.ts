/**
 * What the bundled command line does not carry: the local cloud synthesizes the CDK app, and runs files of its own. It is
 * loaded from the checkout that the bundle was built in.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** @throws Error when there is no checkout, or `npm ci` was not run in it. */
export function requireFromCheckout<Module>(module: string): Module {
  const root = checkoutRoot(__dirname);
  if (root === undefined) throw new Error(NO_CHECKOUT);
  const fromRoot = createRequire(join(root, 'package.json'));
  try {
    const { require: requireTypeScript } = fromRoot('tsx/cjs/api') as { require(id: string, from: string): unknown };
    return requireTypeScript(join(root, module), join(root, 'package.json')) as Module;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
      throw new Error(`${NO_CHECKOUT}\n${error.message.split('\n')[0]}`, { cause: error });
    }
    throw error;
  }
}

const NO_CHECKOUT =
  'The local cloud runs from a checkout of runctl with its packages: npm ci, npm run build:cli, npm link.';

export function checkoutRoot(folder: string): string | undefined {
  if (existsSync(join(folder, 'local', 'cloud.ts')) && existsSync(join(folder, 'cdk.json'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : checkoutRoot(parent);
}

/** Where the built web page is: in a checkout it is built from its sources, in a package it lies beside the bundle. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot, requireFromCheckout } from './require-from-checkout';

interface PageBuild {
  /** Returns the folder; builds when a source is newer than what is there. */
  builtPage(): Promise<string>;
}

export async function pageFolder(here: string): Promise<string> {
  const root = checkoutRoot(here);
  const canBuild = root !== undefined && existsSync(join(root, 'node_modules', 'vite'));
  return canBuild ? requireFromCheckout<PageBuild>('scripts/page-build.ts').builtPage() : join(here, '..', 'ui');
}

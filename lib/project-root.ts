import { join } from 'node:path';

/** Folder of the project: Lambda entries, state machine and bootstrap scripts are read from below it at synth. */
export const PROJECT_ROOT = join(__dirname, '..');

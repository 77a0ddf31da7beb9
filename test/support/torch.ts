/** PyTorch of the operating system (Debian and Ubuntu: python3-torch), for tests that run the real thing. */
import { spawnSync } from 'node:child_process';

/** The interpreter that operating system packages are for. */
export const PYTHON = '/usr/bin/python3';

const isRequired = process.env['RUNCTL_REQUIRE_TOOLS'] !== undefined;
const FIND = 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)';
export const hasTorch = spawnSync(PYTHON, ['-c', FIND]).status === 0;

/** Skipped where PyTorch is missing, unless no tool may be. */
export const describeWithTorch = hasTorch || isRequired ? describe : describe.skip;

/**
 * torchrun of PyTorch 1.13 does not start on Python 3.11, which Debian 12 pairs (its `Std.from_str('0')` is None there),
 * but when told about the output of some rank; rank 9 is not there.
 */
export const TORCHRUN_ENV = { PET_REDIRECTS: '9:3', PET_TEE: '9:3' };

if (!hasTorch && !isRequired) console.log(`skipped: no PyTorch in ${PYTHON} (apt-get install python3-torch)`);

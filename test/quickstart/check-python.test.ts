import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkPython } from '../../scripts/quickstart/check-python';

describe('checkPython', () => {
  it('is content with the Python that the example runs with', async () => {
    await expect(checkPython()).resolves.toBeUndefined();
  });

  it('says what is missing and how to get it', async () => {
    await expect(checkPython('python-that-is-not-there')).rejects.toThrow(/was not found\.\nInstall it/);
  });

  it('does not take an old Python', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'python-'));
    const old = path.join(folder, 'python3');
    await writeFile(old, '#!/bin/sh\necho 3.8\n', { mode: 0o755 });

    await expect(checkPython(old)).rejects.toThrow(/Python 3\.9 or later, but .* is 3\.8/);
    await rm(folder, { recursive: true });
  });
});

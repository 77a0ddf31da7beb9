/** The results manifest, written last by the finishing attempt: everything that it uploaded. */
import { z } from 'zod';

export const RESULTS_MANIFEST = 'runctl-manifest.json';

export const resultsManifestSchema = z.object({
  version: z.literal(1),
  sessionId: z.string(),
  attempt: z.int(),
  files: z.array(z.object({ uri: z.string(), path: z.string(), sizeBytes: z.number(), sha256: z.string() })),
});
export type ResultsManifest = z.infer<typeof resultsManifestSchema>;

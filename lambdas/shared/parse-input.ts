import { z } from 'zod';
import { RunctlError } from '../../core/errors';

/** Of the functions that work on one attempt. */
export const attemptInputSchema = z.object({ sessionId: z.string().min(1), attempt: z.int().positive() });

/** Of the functions that end a session: nothing but the execution and what was caught. */
export const endInputSchema = z.object({
  sessionId: z.string().min(1),
  executionArn: z.string().min(1),
  failure: z.object({ error: z.string(), cause: z.string() }).nullable(),
});
export type EndInput = z.infer<typeof endInputSchema>;

/** The state machine's input to a function. Throws ConfigInvalid: it and the functions are deployed together. */
export function parseInput<T>(schema: z.ZodType<T>, event: unknown): T {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  throw new RunctlError('ConfigInvalid', `The function was called with a wrong input: ${fields.join('; ')}.`);
}

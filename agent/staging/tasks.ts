export type Task = () => Promise<void>;

/**
 * Takes tasks as they come, at most `width` at a time, so that what brings them is never ahead by more. The first failure
 * ends it once what has begun is over.
 */
export async function runTasks(tasks: AsyncGenerator<Task>, width: number, signal: AbortSignal): Promise<void> {
  const failures: unknown[] = [];
  const worker = async () => {
    try {
      while (failures.length === 0) {
        const { value, done } = await tasks.next();
        if (done) return;
        signal.throwIfAborted();
        await value();
      }
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  if (failures.length > 0) throw failures[0];
}

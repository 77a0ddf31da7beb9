import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { RunTool, ToolOptions } from '../ports';

const LONGEST_OUTPUT = 256 * 1024;
const LONGEST_REASON = 2000;

/** Runs a program of the machine's; see the port. */
export const runTool: RunTool = (program, args, options = {}) =>
  new Promise((resolve, reject) => {
    const { environment, timeoutMs } = options;
    const child = spawn(program, [...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(environment ? { env: environment } : {}),
      ...(timeoutMs ? { timeout: timeoutMs, killSignal: 'SIGKILL' as const } : {}),
      ...(options.signal ? { signal: options.signal, killSignal: 'SIGKILL' as const } : {}),
    });
    const output = collect(child.stdout, options);
    const complaints = collect(child.stderr, options);
    child.once('error', reject);
    // A program that ends without reading what it is given says itself why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(output());
      const how = signal === null ? `exit code ${code}` : signal;
      const why = (complaints().trim() || output().trim()).slice(-LONGEST_REASON);
      reject(new Error(`${program} ${args[0] ?? ''} failed (${how})${why === '' ? '' : `: ${why}`}`));
    });
  });

function collect(stream: NodeJS.ReadableStream, { onLine }: ToolOptions): () => string {
  let text = '';
  createInterface({ input: stream }).on('line', (line) => {
    if (text.length < LONGEST_OUTPUT) text += `${line}\n`;
    onLine?.(line);
  });
  return () => text;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A real process that writes checkpoints step by step: see fixtures/write.py. */
export class Writer {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(folder: string) {
    this.#child = spawn('python3', [join(__dirname, 'fixtures', 'write.py'), folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout } = this.#child;
    if (!stdout) throw new Error('no stdout');
    this.#answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Resolves once it is done. */
  async tell(verb: 'open' | 'close' | 'rename' | 'put', name: string): Promise<void> {
    this.#child.stdin?.write(`${verb} ${name}\n`);
    await this.#answers.next();
  }

  kill(): Promise<void> {
    if (this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.kill('SIGKILL');
    });
  }
}

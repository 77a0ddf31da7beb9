/** A docker for tests, in a folder for PATH. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface DockerCall {
  /** `version`, `login`, `pull`, `rm`, `run`; and of a `run`: `container`, `signal`. */
  call: string;
  arguments?: string[];
  input?: string;
  image?: string;
  environment?: Record<string, string>;
}

export class StandInDocker {
  readonly folder = mkdtempSync(join(tmpdir(), 'runctl-docker-'));
  readonly #path = process.env['PATH'];

  constructor() {
    copyFileSync(join(__dirname, 'docker'), join(this.folder, 'docker'));
    process.env['PATH'] = `${this.folder}${delimiter}${this.#path}`;
  }

  get calls(): DockerCall[] {
    const path = join(this.folder, 'calls.jsonl');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as DockerCall);
  }

  of(call: string): DockerCall[] {
    return this.calls.filter((each) => each.call === call);
  }

  remove(): void {
    process.env['PATH'] = this.#path;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

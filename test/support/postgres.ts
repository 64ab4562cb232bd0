import { execFile, spawn } from 'node:child_process';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './server-process.ts';

const run = promisify(execFile);

export interface PostgresCluster extends AsyncDisposable {
  readonly pid: number;
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>;
}

/** Where Debian's packages put the servers, the newest first; undefined where there is none. */
export async function findPostgres(): Promise<string | undefined> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : path.join('/usr/lib/postgresql', newest, 'bin');
}

/**
 * A private PostgreSQL from Debian's packages, on a port and in a folder of its own, gone when disposed. PostgreSQL refuses to run as root, so root
 * runs it as the user `postgres` that the package made.
 */
export async function startPostgres(): Promise<PostgresCluster> {
  const bin = await findPostgres();
  if (bin === undefined)
    throw new Error('No PostgreSQL found: on Debian as root, `npm run setup` installs it, or: apt-get install postgresql');
  const folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-postgres-'));
  const owner = process.getuid?.() === 0 ? await accountOf('postgres') : undefined;
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  const as = owner ?? {};
  const data = path.join(folder, 'data');
  await run(
    path.join(bin, 'initdb'),
    ['--pgdata', data, '--username', 'drillhouse', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'],
    { ...as, cwd: folder },
  );
  const port = await freePort();
  // Without fsync, because what is tested is SQL, not a power cut.
  const server = spawn(path.join(bin, 'postgres'), ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off'], {
    ...as,
    cwd: folder,
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const psql = (sql: string): Promise<unknown> =>
    run(path.join(bin, 'psql'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'drillhouse', '-d', 'postgres', '-qc', sql], { cwd: folder });
  await waitUntilReady(psql);
  let count = 0;
  return {
    pid: server.pid ?? -1,
    createDatabase: async () => {
      const name = `test_${(count += 1)}`;
      await psql(`create database ${name}`);
      return `postgres://drillhouse@127.0.0.1:${port}/${name}`;
    },
    [Symbol.asyncDispose]: async () => {
      // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
      server.kill('SIGINT');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function accountOf(user: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

async function waitUntilReady(psql: (sql: string) => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await psql('select 1');
      return;
    } catch (error) {
      if (tries >= 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

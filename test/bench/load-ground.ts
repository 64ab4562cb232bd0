import { opening } from '../../server/lifetime.ts';
import { startPostgres } from '../support/postgres.ts';
import { ReplicaSet } from '../support/replica-set.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import { makeFolder } from './cluster-load.ts';
import type { Watched } from './load-usage.ts';

/** Embedded sandboxes are one server's; namespaces of a cluster are shared by as many servers as there are. */
export type GroundWanted =
  | { readonly substrate: 'embedded'; readonly runtime: 'process' | 'docker'; readonly database: 'sqlite' | 'postgres' }
  | { readonly substrate: 'kubernetes'; readonly servers: number };

/** Real servers with room for so many trainees, and what to watch while they are under load. */
export interface LoadGround extends Omit<Watched, 'worker'>, AsyncDisposable {
  /** What trainees open. */
  readonly url: string;
  /** Makes whoever uses it up the first administrator. */
  readonly administratorLink: string;
}

const environment = { LOG_LEVEL: 'error', TRUSTED_PROXIES: '1' } as const;

export function openGround(wanted: GroundWanted, trainees: number): Promise<LoadGround> {
  return wanted.substrate === 'embedded' ? openEmbedded(wanted, trainees) : openKubernetes(wanted.servers, trainees);
}

function openEmbedded({ runtime, database }: Extract<GroundWanted, { substrate: 'embedded' }>, trainees: number): Promise<LoadGround> {
  return opening(async (lifetime) => {
    const folder = lifetime.use(makeFolder());
    const postgres = database === 'postgres' ? lifetime.use(await startPostgres()) : undefined;
    const databaseEnv = postgres === undefined ? {} : { DATABASE_URL: await postgres.createDatabase() };
    const env = { ...environment, ...databaseEnv, CAPACITY: String(trainees) };
    const server = lifetime.use(await startServerProcess({ dataDir: folder.path, runtime, env }));
    return {
      url: server.url,
      administratorLink: await administratorLinkOf(server),
      servers: [server.pid],
      parts: postgres === undefined ? {} : { PostgreSQL: { pid: postgres.pid, countsChildren: true } },
      [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
    };
  });
}

function openKubernetes(servers: number, trainees: number): Promise<LoadGround> {
  return opening(async (lifetime) => {
    const several = servers > 1;
    const set = lifetime.use(await ReplicaSet.open({ capacity: trainees, several, env: environment }));
    const first = await set.start();
    // One after the other: the first makes the database's tables.
    for (let count = 1; count < servers; count += 1) await set.start();
    return {
      url: set.front.url,
      administratorLink: await administratorLinkOf(first),
      servers: set.running.map(({ pid }) => pid),
      parts: {
        PostgreSQL: { pid: set.postgres.pid, countsChildren: true },
        ...(several ? { Redis: { pid: set.redis.pid, countsChildren: false } } : {}),
        'the control plane': { pid: set.outside.pid, countsChildren: false },
      },
      [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
    };
  });
}

async function administratorLinkOf(server: ServerProcess): Promise<string> {
  return (await server.waitForOutput(/administrator +(http\S+\/welcome\/\S+)/))[1] ?? '';
}

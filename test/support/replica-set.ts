import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { opening, type Lifetime } from '../../server/lifetime.ts';
import { eventually } from '../../server/testing/eventually.ts';
import { startFront, type Front } from './front.ts';
import { startOutside, type OutsideProgram } from './outside-program.ts';
import { startPostgres, type PostgresCluster } from './postgres.ts';
import { startRedis, type RedisServer } from './redis.ts';
import { startServerProcess, type ServerProcess } from './server-process.ts';

const READY_TIMEOUT_MS = 60_000;

export interface ReplicaSetOptions {
  /** Sandboxes at once. */
  readonly capacity: number;
  readonly warm?: number;
  /** False: one server without Redis, for comparison. */
  readonly several?: boolean;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Real server processes with a PostgreSQL, a Redis, a cluster for sandboxes and a front of their own, as a company runs them. */
export class ReplicaSet implements AsyncDisposable {
  readonly front: Front;
  readonly redis: RedisServer;
  readonly postgres: PostgresCluster;
  readonly outside: OutsideProgram;
  readonly #folder: string;
  readonly #databaseUrl: string;
  readonly #options: ReplicaSetOptions;
  readonly #lifetime: Lifetime;
  readonly #running = new Set<ServerProcess>();
  #started = 0;

  private constructor(
    parts: Pick<ReplicaSet, 'front' | 'redis' | 'postgres' | 'outside'> & { readonly folder: string; readonly databaseUrl: string },
    options: ReplicaSetOptions,
    lifetime: Lifetime,
  ) {
    this.front = parts.front;
    this.redis = parts.redis;
    this.postgres = parts.postgres;
    this.outside = parts.outside;
    this.#folder = parts.folder;
    this.#databaseUrl = parts.databaseUrl;
    this.#options = options;
    this.#lifetime = lifetime;
  }

  /** Everything but servers. */
  static open(options: ReplicaSetOptions): Promise<ReplicaSet> {
    return opening(async (lifetime) => {
      const use = async <T extends AsyncDisposable>(starting: Promise<T>): Promise<T> => lifetime.use(await starting);
      const folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-replicas-'));
      lifetime.defer(() => rm(folder, { recursive: true, force: true }));
      const [front, redis, postgres, outside] = await Promise.all([
        use(startFront()),
        use(startRedis()),
        use(startPostgres()),
        use(startOutside({ capacity: options.capacity, warm: options.warm ?? 0 })),
      ]);
      const parts = { front, redis, postgres, outside, folder, databaseUrl: await postgres.createDatabase() };
      return new ReplicaSet(parts, options, lifetime);
    });
  }

  /** Those that were started and have not been ended here, the oldest first. */
  get running(): readonly ServerProcess[] {
    return [...this.#running];
  }

  /** One more, with an empty data folder; answers when it is ready and the front knows it. */
  async start(): Promise<ServerProcess> {
    this.#started += 1;
    const { several = true, args = [], env = {} } = this.#options;
    const server = await startServerProcess({
      dataDir: path.join(this.#folder, `data-${this.#started}`),
      runtime: 'process',
      args,
      env: {
        LOG_LEVEL: 'warn',
        PUBLIC_URL: this.front.url,
        DATABASE_URL: this.#databaseUrl,
        SUBSTRATE: 'kubernetes',
        KUBERNETES_CLUSTERS: this.outside.clustersFile,
        ...(several ? { REDIS_URL: this.redis.url, KEYS_SECRET: 'a secret for keys that tests sign with' } : {}),
        ...env,
      },
    });
    this.#running.add(server);
    await eventually(`${server.url} being ready`, async () => (await fetch(`${server.url}/readyz`)).ok, READY_TIMEOUT_MS);
    await this.#tellFront();
    return server;
  }

  /** As the kernel or a lost node does it. */
  async kill9(server: ServerProcess): Promise<void> {
    this.#running.delete(server);
    await server.kill9();
    await this.#tellFront();
  }

  /** SIGTERM, as a rolling update sends it; the front hears from /readyz that it is leaving. Answers its exit code. */
  async stop(server: ServerProcess): Promise<number | null> {
    const code = await server.stop();
    this.#running.delete(server);
    await this.#tellFront();
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.running.map((server) => server[Symbol.asyncDispose]()));
    await this.#lifetime[Symbol.asyncDispose]();
  }

  #tellFront(): Promise<void> {
    return this.front.setServers(this.running.map(({ url }) => Number(new URL(url).port)));
  }
}

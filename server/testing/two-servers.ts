import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { opening } from '../lifetime.ts';
import type { Client } from './client.ts';
import { FakeNetwork } from './fake-replicas.ts';
import { FakeShells } from './fake-shells.ts';
import { TestServer, type TestServerOptions } from './test-server.ts';

export interface TwoServersOptions extends Omit<TestServerOptions, 'shared' | 'seed' | 'real'> {
  /** An empty PostgreSQL database: two servers cannot share a SQLite file. */
  readonly databaseUrl: string;
  /** A real Redis. Absent: a network in memory, in which a test may cut a server off or end it without a goodbye. */
  readonly redisUrl?: string;
  /** Both start in the same moment. Absent: one after the other, so that `a` leads. */
  readonly atOnce?: boolean;
}

/** Two servers in this process that share one database, one ground of sandboxes and their shells. */
export class TwoServers implements AsyncDisposable {
  readonly network: FakeNetwork;
  readonly a: TestServer;
  readonly b: TestServer;
  readonly #close: () => Promise<void>;

  private constructor(network: FakeNetwork, a: TestServer, b: TestServer, close: () => Promise<void>) {
    this.network = network;
    this.a = a;
    this.b = b;
    this.#close = close;
  }

  static start({ databaseUrl, redisUrl, atOnce, environment, ...options }: TwoServersOptions): Promise<TwoServers> {
    return opening(async (lifetime) => {
      const network = new FakeNetwork();
      const sandboxesDir = await mkdtemp(path.join(tmpdir(), 'drillhouse-two-'));
      lifetime.defer(() => rm(sandboxesDir, { recursive: true, force: true }));
      const shells = new FakeShells();
      const start = async (id: string): Promise<TestServer> =>
        lifetime.use(
          await TestServer.start({
            ...options,
            environment: {
              DATABASE_URL: databaseUrl,
              REDIS_URL: redisUrl ?? 'redis://127.0.0.1:1',
              KEYS_SECRET: 'a secret of at least 32 characters',
              SUBSTRATE: 'kubernetes',
              KUBERNETES_CLUSTERS: 'not-read.yaml',
              ...environment,
            },
            shared: { sandboxesDir, shells, ...(redisUrl === undefined ? { openReplicas: async () => network.join(id) } : {}) },
          }),
        );
      const [a, b] = atOnce === true ? await Promise.all([start('a'), start('b')]) : [await start('a'), await start('b')];
      return new TwoServers(network, a, b, () => lifetime[Symbol.asyncDispose]());
    });
  }

  /** One of the demo's people, signed in once and asking either server with the same cookies. */
  async signIn(role: Parameters<TestServer['signIn']>[0]): Promise<{ readonly a: Client; readonly b: Client }> {
    const b = await this.b.signIn(role);
    const a = this.a.client();
    for (const [name, value] of b.cookies) a.cookies.set(name, value);
    a.csrfToken = b.csrfToken;
    return { a, b };
  }

  /** Ends one for the other and for itself: its leases are free, and it hears and tells nothing more. Only in the network in memory. */
  kill(which: 'a' | 'b'): void {
    this.network.kill(which);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

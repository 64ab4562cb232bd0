import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { welcomePath } from '../accounts/first-run.ts';
import type { DrillFacts } from '../certification/facts.ts';
import { systemClock, type Clock } from '../clock.ts';
import { readConfig } from '../config.ts';
import { createLogger } from '../log.ts';
import type { LabSummary } from '../../labs/lab-stage.ts';
import { startServer, type RunningServer } from '../server.ts';
import type { ServerParts } from '../server-parts.ts';
import type { Scorecard } from '../../grader/verdict.ts';
import { openStore, type Store } from '../store/store.ts';
import { Client } from './client.ts';
import { createFakeCatalogue } from './fake-lab.ts';
import { fakeScripts } from './fake-script.ts';
import { FakeShells } from './fake-shells.ts';
import { FakeSubstrate } from './fake-substrate.ts';

export interface TestServerOptions {
  readonly clock?: Clock;
  readonly environment?: Readonly<Record<string, string>>;
  readonly drills?: DrillFacts;
  /** Faults of the fake lab besides its own. */
  readonly faults?: LabSummary['faults'];
  /** Fills the store before the server first starts on it. */
  readonly seed?: (store: Store) => Promise<void>;
  /** The built pages, for tests with a browser. */
  readonly webDir?: string;
  /** What servers that share a ground have in common: the folder that their sandboxes are in, their shells, and how they find each other. */
  readonly shared?: {
    readonly sandboxesDir: string;
    readonly shells: FakeShells;
    readonly openReplicas?: NonNullable<ServerParts['openReplicas']>;
  };
  /** A real substrate and real labs in place of the fakes, for the data folder; shells are then execs into the workspaces. */
  readonly real?: (dataDir: string) => Promise<Pick<ServerParts, 'openSubstrate' | 'catalogue'>>;
}

/** A real server on a free port over fakes, in a folder of its own; `restart` is a crash or an orderly stop, and a start on the same data. */
export class TestServer implements AsyncDisposable {
  readonly dataDir: string;
  readonly shells: FakeShells;
  readonly controls: { before: (method: string) => Promise<void>; outcome: Scorecard['outcome'] | undefined } = {
    before: async () => undefined,
    outcome: undefined,
  };
  readonly #clock: Clock;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #webDir: string;
  readonly #drills: DrillFacts | undefined;
  readonly #real: TestServerOptions['real'];
  readonly #faults: TestServerOptions['faults'];
  readonly #shared: TestServerOptions['shared'];
  substrate: FakeSubstrate;
  parts!: ServerParts;
  #running: RunningServer | undefined;

  private constructor(dataDir: string, { clock, environment, webDir, drills, real, faults, shared }: TestServerOptions) {
    this.dataDir = dataDir;
    this.#clock = clock ?? systemClock;
    this.#environment = environment ?? {};
    this.#webDir = webDir ?? path.join(dataDir, 'web');
    this.#drills = drills;
    this.#real = real;
    this.#faults = faults;
    this.#shared = shared;
    this.shells = shared?.shells ?? new FakeShells();
    this.substrate = this.#newSubstrate();
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'drillhouse-test-'));
    const server = new TestServer(dataDir, options);
    if (options.seed !== undefined) {
      await using store = await openStore({ dataDir, databaseUrl: undefined, log: createLogger('silent'), onLockLost: () => undefined });
      await options.seed(store);
    }
    await server.begin();
    return server;
  }

  get running(): RunningServer {
    if (this.#running === undefined) throw new Error('The test server is not running.');
    return this.#running;
  }

  get url(): string {
    return this.running.url;
  }

  client(): Client {
    return new Client(this.url);
  }

  async begin(): Promise<void> {
    const config = readConfig({ PORT: '0', DATA_DIR: this.dataDir, LOG_LEVEL: 'silent', ...this.#environment }, ['--demo'], '');
    this.substrate = this.#newSubstrate();
    this.parts = {
      config,
      openSubstrate: async () => this.substrate,
      catalogue: createFakeCatalogue(this.controls, this.#faults),
      clock: this.#clock,
      log: createLogger(config.logLevel),
      version: '0.0.0-test',
      webDir: this.#webDir,
      loadScripts: async () => fakeScripts,
      capacityOf: () => config.capacity ?? 5,
      ...((await this.#real?.(this.dataDir)) ?? { shells: this.shells }),
      holdAnswers: true,
      leaveAfterMs: 0,
      ...(this.#drills === undefined ? {} : { drills: this.#drills }),
      ...(this.#shared?.openReplicas === undefined ? {} : { openReplicas: this.#shared.openReplicas }),
      onDataLost: () => undefined,
    };
    this.#running = await startServer(this.parts);
  }

  async stop(): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    this.#running = undefined;
  }

  /** Signs one of the demo's people in: `trainee`, `instructor`, `manager`; or the administrator, who gets the password `a good password`. */
  async signIn(role: 'trainee' | 'instructor' | 'manager' | 'administrator'): Promise<Client> {
    const client = this.client();
    const link = this.running.links.find((candidate) => candidate.role === role)?.path ?? (await this.#makeLink(role));
    await client.acceptLink(link, role === 'administrator' ? { name: 'Ada', password: 'a good password' } : {});
    return client;
  }

  /** A trainee of that name with an account of their own, signed in; the address is `name@example.com`. */
  async trainee(name: string): Promise<Client> {
    const email = `${name.toLowerCase()}@example.com`;
    const { accounts } = this.running.services;
    const { link } = await accounts.invite({ email, name, role: 'trainee' });
    const client = this.client();
    await client.acceptLink(welcomePath(link.token), { password: 'a long password' });
    return client;
  }

  /** Of several servers one makes the links when it starts. */
  async #makeLink(role: 'trainee' | 'instructor' | 'manager' | 'administrator'): Promise<string> {
    const { people, links } = this.running.services.accounts;
    const isAdministrator = role === 'administrator';
    const person = await people.findByEmail(isAdministrator ? 'admin@drillhouse.local' : `${role}@demo.drillhouse.local`);
    if (person === undefined) throw new Error(`There is no ${role}.`);
    return welcomePath((await links.renew(person.id, isAdministrator ? 'set-password' : 'sign-in')).token);
  }

  #newSubstrate(): FakeSubstrate {
    return new FakeSubstrate(this.#shared?.sandboxesDir ?? path.join(this.dataDir, 'sandboxes'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

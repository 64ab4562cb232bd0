import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { demoLinks, firstAdministratorLink, type WelcomeLink } from './accounts/first-run.ts';
import { sleep, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { createHttpApp } from './http/http-app.ts';
import { answerStarting, closeServer, listen, listeningUrl, loopbackNames } from './http/listening.ts';
import { InFlight } from './http/in-flight.ts';
import { Probes } from './http/probes.ts';
import { allRoutes } from './http/routes.ts';
import type { Services, Site } from './http/services.ts';
import { opening } from './lifetime.ts';
import { OpenPages } from './realtime/open-pages.ts';
import { startRealtime } from './realtime/realtime.ts';
import { installationSecret } from './store/settings.ts';
import type { Db } from './store/schema.ts';
import { openStore, type Store } from './store/store.ts';
import { openRedisReplicas } from './replicas/redis-replicas.ts';
import { aloneReplicas, type Replicas } from './replicas/replicas.ts';
import { openServices } from './open-services.ts';
import type { ServerParts } from './server-parts.ts';

/** How long a server that stops goes on answering as usual while /readyz already sends people to the others. */
const LEAVE_AFTER_MS = 2_000;
/** What is being answered then may take so much longer. */
const FINISH_WITHIN_MS = 5_000;

/** A server that answers. Disposing it lets go of attempts without ending them: the next start goes on. */
export interface RunningServer extends AsyncDisposable {
  /** What people open. */
  readonly url: string;
  /** Where it listens. */
  readonly localUrl: string;
  readonly services: Services;
  /** One-time links to print: the first administrator's while there is none, the demo's when asked for. */
  readonly links: readonly WelcomeLink[];
}

/** All wiring that does not depend on which substrate and which labs there are; app.ts chooses those. */
export function startServer(parts: ServerParts): Promise<RunningServer> {
  return opening(async (lifetime) => {
    const { config, log } = parts;
    const httpServer = createServer();
    const site = describeSite(parts, httpServer);
    const store = lifetime.use(
      await openStore({
        dataDir: config.dataDir,
        databaseUrl: config.databaseUrl,
        several: config.redisUrl !== undefined,
        log: log.child({ name: 'store' }),
        onLockLost: parts.onDataLost,
      }),
    );
    let app: RequestListener = answerStarting;
    const inFlight = new InFlight();
    const probes = new Probes(systemClock);
    httpServer.on('request', probes.before(inFlight.counting((request, response) => app(request, response))));
    await listen(httpServer, config);
    lifetime.defer(() => closeServer(httpServer));
    const replicas = lifetime.use(await openReplicas(parts, store));
    if (replicas.several) parts.onShared?.(store.db);
    const substrate = lifetime.use(await parts.openSubstrate({ replicas, owner: await ownerOf(store.db) }));
    lifetime.defer(() => substrate.detach());
    const pages = lifetime.use(new OpenPages(replicas.bus));
    const services = await openServices({ parts, replicas, substrate, store, site, pages, lifetime });
    lifetime.defer(() => inFlight.settled(systemClock, FINISH_WITHIN_MS));
    lifetime.use(startRealtime(httpServer, services, pages));
    app = createHttpApp({ services, routes: allRoutes(services), holdAnswers: parts.holdAnswers ?? false }) as RequestListener;
    lifetime.defer(() => {
      app = answerStarting;
    });
    // Each set of links makes the one before it worthless, so only one of several servers that start makes them.
    const links = services.leadership.leads ? await welcomeLinks(services, config) : [];
    probes.begin([
      { what: 'The database', answers: () => store.answers(), isEssential: true },
      // People go on reading, and are told what waits; a Redis that fails over must not close the whole house.
      { what: 'Redis, by which the servers find each other,', answers: async () => replicas.trouble === undefined, isEssential: false },
    ]);
    return {
      url: site.publicUrl(),
      localUrl: listeningUrl(httpServer, config),
      services,
      links,
      [Symbol.asyncDispose]: async () => {
        probes.leave();
        await noticed(parts.leaveAfterMs ?? (services.replicas.several ? LEAVE_AFTER_MS : 0));
        await lifetime[Symbol.asyncDispose]();
      },
    };
  });
}

async function openReplicas({ config, log, openReplicas: open }: ServerParts, { db }: Store): Promise<Replicas> {
  const { redisUrl } = config;
  const secret = await installationSecret(db);
  if (open !== undefined) return open(secret);
  return redisUrl === undefined ? aloneReplicas() : openRedisReplicas({ url: redisUrl, secret, log: log.child({ name: 'replicas' }) });
}

function describeSite({ config, version, webDir }: ServerParts, httpServer: Server): Site {
  const publicUrl = (): string => config.publicUrl ?? listeningUrl(httpServer, config);
  return {
    version,
    webDir,
    trustedProxies: config.trustedProxies,
    secureCookies: config.publicUrl?.startsWith('https:') === true,
    publicUrl,
    // Without a public address the server is reached from this machine, by any of its names.
    origins: () =>
      new Set(config.publicUrl === undefined ? [publicUrl(), ...loopbackNames(httpServer)] : [new URL(config.publicUrl).origin]),
  };
}

/** Until nobody is sent here any more. */
function noticed(afterMs: number): Promise<void> {
  return afterMs === 0 ? Promise.resolve() : sleep(systemClock, afterMs);
}

async function welcomeLinks({ accounts, cohorts, insight }: Services, config: Config): Promise<WelcomeLink[]> {
  const admin = await firstAdministratorLink(accounts);
  return [...(admin === undefined ? [] : [admin]), ...(config.demo ? await demoLinks(accounts, cohorts, insight.managers) : [])];
}

async function ownerOf(db: Db): Promise<string> {
  return createHash('sha256')
    .update(`owner of sandboxes ${await installationSecret(db)}`)
    .digest('hex')
    .slice(0, 16);
}

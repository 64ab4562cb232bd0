import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../infra/setup/project-root.ts';
import { openKubernetesSubstrate, openSubstrate } from '../infra/substrate/open-substrate.ts';
import { loadScripts, ownScriptsDir } from '../scenarios/drills/load-scripts.ts';
import { FolderVersions } from '../labs/lab-versions.ts';
import { LiveCatalogue } from '../labs/live-catalogue.ts';
import { storedLabVersions } from './attempts/stored-lab-versions.ts';
import { AppError } from './app-error.ts';
import { DAY_MS, repeat, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { opening } from './lifetime.ts';
import type { Logger } from './log.ts';
import { Exclusive } from './replicas/exclusive.ts';
import { LEADER } from './replicas/leadership.ts';
import { startServer, type RunningServer } from './server.ts';
import type { Installation } from './server-parts.ts';
import { SubstrateError, type Substrate } from './sandboxes/substrate.ts';

/** What one sandbox takes, measured with lab 1 and its inference server, so that a full house does not swap. */
const MEMORY_BYTES_PER_SANDBOX = { process: 240_000_000, docker: 600_000_000 } as const;

/** How soon an edited lab is what people start. */
const LABS_LOOKED_AT_EVERY_MS = 2_000;

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  /** What takes long before the server answers, line by line. */
  readonly report: (line: string) => void;
  readonly onDataLost: (error: Error) => void;
}

/** The whole product: chooses the substrate and the labs, and starts the server on them. */
export async function startApp({ config, log, report, onDataLost }: AppOptions): Promise<RunningServer> {
  const folder = new FolderVersions(path.join(config.dataDir, 'labs'));
  const catalogue = await LiveCatalogue.open({ dirs: config.labsDirs, versions: folder });
  const tellProblems = (): void => {
    for (const problem of catalogue.problems) log.warn({ ...problem }, 'a lab does not load');
  };
  tellProblems();
  const open = async (installation: Installation): Promise<Substrate> => {
    const substrate = await openConfigured({ config, log, report, installation });
    report(`Sandboxes: ${substrate.name}. ${substrate.isolation}`);
    return substrate;
  };
  return opening(async (lifetime) => {
    lifetime.use(watchLabs(catalogue, log, tellProblems));
    const server = lifetime.use(
      await startServer({
        config,
        openSubstrate: open,
        catalogue,
        onShared: (db) => catalogue.keepIn(storedLabVersions({ db, clock: systemClock, earlier: folder })),
        clock: systemClock,
        log,
        version: readVersion(),
        webDir: path.join(projectRoot, 'dist', 'web'),
        loadScripts: () => loadScripts(config.drillsDirs ?? [ownScriptsDir], catalogue.labs),
        capacityOf: (substrate) => config.capacity ?? capacityOf(substrate),
        onDataLost,
      }),
    );
    const prune = (): Promise<void> => pruneLabs(catalogue, server, log);
    await prune();
    lifetime.use(repeat(systemClock, DAY_MS, prune));
    return { ...server, [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose]() };
  });
}

function openConfigured({
  config,
  log,
  report,
  installation: { replicas, owner },
}: Pick<AppOptions, 'config' | 'log' | 'report'> & { readonly installation: Installation }): Promise<Substrate> {
  const named = log.child({ name: 'substrate' });
  if (config.clustersFile !== undefined) {
    const turns = new Exclusive({ leases: replicas.leases, clock: systemClock });
    return openKubernetesSubstrate({
      file: config.clustersFile,
      log: named,
      owner,
      inTurn: (work) => turns.run('placing', work).catch(explainTurn),
      leads: () => replicas.leases.isHeld(LEADER),
    });
  }
  return openSubstrate({
    runtime: config.runtime,
    dataDir: config.dataDir,
    log: named,
    report,
    ...(config.dockerRuntime === undefined ? {} : { dockerRuntime: config.dockerRuntime }),
  });
}

/** Of a server that holds the turn and does not get on: there is no place for now, and it is asked for again. */
function explainTurn(error: unknown): never {
  if (error instanceof AppError && error.code === 'Unavailable')
    throw new SubstrateError('CapacityExhausted', error.message, { cause: error });
  throw error;
}

/** Labs are edited while the server runs; what has begun goes on with the version that it began with. */
function watchLabs(catalogue: LiveCatalogue, log: Logger, onChanged: () => void): Disposable {
  return repeat(systemClock, LABS_LOOKED_AT_EVERY_MS, async () => {
    try {
      if (await catalogue.refresh()) onChanged();
    } catch (error) {
      log.warn({ err: error }, 'the labs could not be looked at');
    }
  });
}

/** From the start on, when it is known what goes on; of several servers one does it. A folder that cannot be tidied is no reason not to start. */
async function pruneLabs(catalogue: LiveCatalogue, { services }: RunningServer, log: Logger): Promise<void> {
  if (!services.replicas.leases.isHeld(LEADER)) return;
  const begun = services.supervisor.running.map(({ actor }) => actor.attempt.lab.hash);
  try {
    const removed = await catalogue.pruneArchive(begun, systemClock.now());
    if (removed > 0) log.info({ removed }, 'versions of labs that nothing runs any more were removed');
  } catch (error) {
    log.warn({ err: error }, 'the archive of labs could not be tidied');
  }
}

function capacityOf(substrate: Substrate): number {
  if (substrate.capacity !== undefined) return substrate.capacity;
  const bytes = substrate.name.endsWith('docker') ? MEMORY_BYTES_PER_SANDBOX.docker : MEMORY_BYTES_PER_SANDBOX.process;
  return Math.max(1, Math.floor(totalmem() / bytes));
}

/** Of the package, which is also the images'. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { readonly version: string };
  return version;
}

import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../infra/setup/project-root.ts';
import { openKubernetesSubstrate, openSubstrate } from '../infra/substrate/open-substrate.ts';
import { loadScripts, ownScriptsDir } from '../scenarios/drills/load-scripts.ts';
import { LiveCatalogue } from '../labs/live-catalogue.ts';
import { repeat, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { opening } from './lifetime.ts';
import type { Logger } from './log.ts';
import { startServer, type RunningServer } from './server.ts';
import type { Substrate } from './sandboxes/substrate.ts';

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
  const catalogue = await LiveCatalogue.open({ dirs: config.labsDirs, archiveDir: path.join(config.dataDir, 'labs') });
  const tellProblems = (): void => {
    for (const problem of catalogue.problems) log.warn({ ...problem }, 'a lab does not load');
  };
  tellProblems();
  const open = async (): Promise<Substrate> => {
    const substrate = await openConfigured({ config, log, report });
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
        clock: systemClock,
        log,
        version: readVersion(),
        webDir: path.join(projectRoot, 'dist', 'web'),
        loadScripts: () => loadScripts(config.drillsDirs ?? [ownScriptsDir], catalogue.labs),
        capacityOf: (substrate) => config.capacity ?? capacityOf(substrate),
        onDataLost,
      }),
    );
    await pruneLabs(catalogue, server, log);
    return { ...server, [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose]() };
  });
}

function openConfigured({ config, log, report }: Pick<AppOptions, 'config' | 'log' | 'report'>): Promise<Substrate> {
  const named = log.child({ name: 'substrate' });
  if (config.clustersFile !== undefined) return openKubernetesSubstrate({ file: config.clustersFile, log: named });
  return openSubstrate({
    runtime: config.runtime,
    dataDir: config.dataDir,
    log: named,
    report,
    ...(config.dockerRuntime === undefined ? {} : { dockerRuntime: config.dockerRuntime }),
  });
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

/** At the start, when it is known what goes on. A folder that cannot be tidied is no reason not to start. */
async function pruneLabs(catalogue: LiveCatalogue, { services }: RunningServer, log: Logger): Promise<void> {
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

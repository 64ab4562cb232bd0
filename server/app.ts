import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../infra/setup/project-root.ts';
import { openSubstrate } from '../infra/substrate/open-substrate.ts';
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
    const substrate = await openSubstrate({
      runtime: config.runtime,
      dataDir: config.dataDir,
      log: log.child({ name: 'substrate' }),
      report,
      ...(config.dockerRuntime === undefined ? {} : { dockerRuntime: config.dockerRuntime }),
    });
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
        loadScripts: () => loadScripts(ownScriptsDir, catalogue.labs),
        capacityOf: (substrate) => config.capacity ?? capacityOf(substrate),
        onDataLost,
      }),
    );
    return { ...server, [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose]() };
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

function capacityOf(substrate: Substrate): number {
  const bytes = substrate.name.endsWith('docker') ? MEMORY_BYTES_PER_SANDBOX.docker : MEMORY_BYTES_PER_SANDBOX.process;
  return Math.max(1, Math.floor(totalmem() / bytes));
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { readonly version: string };
  return version;
}

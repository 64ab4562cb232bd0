import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../infra/setup/project-root.ts';
import { openSubstrate } from '../infra/substrate/open-substrate.ts';
import { loadCatalogue } from '../labs/catalogue.ts';
import { planLabVariant, type Lab } from '../labs/lab.ts';
import { createStage } from '../labs/stage.ts';
import type { LabCatalogue } from './attempts/lab-catalogue.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Logger } from './log.ts';
import { startServer, type RunningServer } from './server.ts';
import type { Substrate } from './sandboxes/substrate.ts';

/** What one sandbox takes, measured with lab 1 and its inference server, so that a full house does not swap. */
const MEMORY_BYTES_PER_SANDBOX = { process: 240_000_000, docker: 600_000_000 } as const;

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  /** What takes long before the server answers, line by line. */
  readonly report: (line: string) => void;
  readonly onDataLost: (error: Error) => void;
}

/** The whole product: chooses the substrate and the labs, and starts the server on them. */
export async function startApp({ config, log, report, onDataLost }: AppOptions): Promise<RunningServer> {
  const catalogue = await openCatalogue(config.labsDirs);
  for (const problem of catalogue.problems) log.warn({ ...problem }, 'a lab does not load');
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
  return startServer({
    config,
    openSubstrate: open,
    catalogue,
    clock: systemClock,
    log,
    version: readVersion(),
    webDir: path.join(projectRoot, 'dist', 'web'),
    capacityOf: (substrate) => config.capacity ?? capacityOf(substrate),
    onDataLost,
  });
}

async function openCatalogue(dirs: readonly string[]): Promise<LabCatalogue> {
  const { labs, problems } = await loadCatalogue(dirs);
  const bySlug = new Map(labs.map((lab) => [lab.summary.slug, lab]));
  const require = (slug: string): Lab => {
    const lab = bySlug.get(slug);
    if (lab === undefined) throw new Error(`The lab ${slug} is not in the catalogue any more.`);
    return lab;
  };
  return {
    labs: labs.map((lab) => lab.summary),
    problems,
    find: (slug) => bySlug.get(slug)?.summary,
    planVariant: (slug, seed, fault) => planLabVariant(require(slug), seed, fault),
    createStage: (slug, options) => createStage(require(slug), options),
  };
}

function capacityOf(substrate: Substrate): number {
  const bytes = substrate.name.endsWith('docker') ? MEMORY_BYTES_PER_SANDBOX.docker : MEMORY_BYTES_PER_SANDBOX.process;
  return Math.max(1, Math.floor(totalmem() / bytes));
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { readonly version: string };
  return version;
}

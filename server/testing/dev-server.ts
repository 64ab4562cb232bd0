/* eslint-disable no-console */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import { loadScripts, ownScriptsDir } from '../../scenarios/drills/load-scripts.ts';
import { systemClock } from '../clock.ts';
import { readConfig } from '../config.ts';
import { createLogger } from '../log.ts';
import { startServer } from '../server.ts';
import { createFakeCatalogue } from './fake-lab.ts';
import { FakeSubstrate } from './fake-substrate.ts';
import { createLocalShells } from './local-shells.ts';

/**
 * The real server over a fake substrate, a canned lab and shells of this machine, for working on the pages:
 * `npx tsx server/testing/dev-server.ts --port 7171 [--data DIR] [--slow]`. Prints sign-in links for all four roles.
 */
const { values } = parseArgs({
  options: { port: { type: 'string', default: '7171' }, data: { type: 'string' }, slow: { type: 'boolean', default: false } },
});
const dataDir = values.data ?? (await mkdtemp(path.join(tmpdir(), 'drillhouse-dev-')));
const config = readConfig({ PORT: values.port, DATA_DIR: dataDir, LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn' }, ['--demo'], '');
const substrate = new FakeSubstrate(path.join(dataDir, 'sandboxes'));
const slowness = (method: string): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, values.slow && method !== 'checkStep' ? 2_000 : 50));
let attemptFolder: (attemptId: string) => string = () => dataDir;
const server = await startServer({
  config,
  openSubstrate: async () => substrate,
  catalogue: createFakeCatalogue({ before: slowness, outcome: undefined }),
  clock: systemClock,
  log: createLogger(config.logLevel),
  version: 'dev',
  webDir: path.join(projectRoot, 'dist', 'web'),
  // The scripts name real labs, which the canned one stands in for here: they can be talked through.
  loadScripts: async () => {
    const { labs } = await loadCatalogue([ownLabsDir]);
    return loadScripts(
      [ownScriptsDir],
      labs.map(({ summary }) => summary),
    );
  },
  capacityOf: () => 10,
  shells: createLocalShells((attemptId) => attemptFolder(attemptId)),
  onDataLost: (error) => console.error(error),
});
const { accounts, supervisor } = server.services;
attemptFolder = (attemptId) => substrate.folderOf(supervisor.find(attemptId)?.actor.attempt.sandboxId ?? '');

/** An administrator who signs in by link like the demo's people, so that no password is needed. */
async function administratorLink(): Promise<string> {
  const known = await accounts.people.findByEmail('admin@demo.drillhouse.local');
  const admin = known ?? (await accounts.people.add({ email: 'admin@demo.drillhouse.local', name: 'Ada Administrator', role: 'admin' }));
  return `/welcome/${(await accounts.links.renew(admin.id, 'sign-in')).token}`;
}

console.log(`Development server on ${server.url}`);
console.log(`  admin       ${server.url}${await administratorLink()}`);
for (const link of server.links) console.log(`  ${link.role.padEnd(11)} ${server.url}${link.path}`);

const stop = async (): Promise<void> => {
  await server[Symbol.asyncDispose]();
  if (values.data === undefined) await rm(dataDir, { recursive: true, force: true });
  process.exit(0);
};
process.once('SIGINT', () => void stop());
process.once('SIGTERM', () => void stop());

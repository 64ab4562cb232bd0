import { ownLabsDir } from '../labs/catalogue.ts';
import { readVersion, startApp } from './app.ts';
import { messageOf } from './app-error.ts';
import { BackupError } from './backup/backup-error.ts';
import { runBackupCommand } from './backup/command.ts';
import { ConfigError, readConfig } from './config.ts';
import { ListenError } from './http/listening.ts';
import { createLogger } from './log.ts';
import type { RunningServer } from './server.ts';
import { DataInUseError } from './store/data-lock.ts';
import { migrateDatabase, MigrationError } from './store/store.ts';

/** How long an orderly stop may take before it is cut short; attempts survive either way. */
const STOP_TIMEOUT_MS = 15_000;
/** Errors that are told in their own words, without a stack: the person who starts the server can mend them. */
const TOLD_PLAINLY = new Set(['EngineMissingError', 'AppError', 'SubstrateError', 'ClustersFileError', 'RedisError']);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(error: unknown): never {
  const plain =
    error instanceof ConfigError ||
    error instanceof ListenError ||
    error instanceof DataInUseError ||
    error instanceof MigrationError ||
    error instanceof BackupError ||
    (error instanceof Error && TOLD_PLAINLY.has(error.name));
  process.stderr.write(`${plain || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message)}\n`);
  process.exit(1);
}

function announce(server: RunningServer): void {
  print(`Drillhouse is ready on ${server.url}`);
  if (server.links.length === 0) return;
  print('One-time links:');
  for (const link of server.links) print(`  ${link.role.padEnd(14)} ${server.url}${link.path}`);
}

/** For a deployment's step before the new server starts. The server migrates by itself where nobody did. */
async function runMigrations(args: readonly string[]): Promise<void> {
  const { databaseUrl, logLevel } = readConfig(process.env, args, ownLabsDir);
  if (databaseUrl === undefined)
    throw new ConfigError(['DATABASE_URL: name the PostgreSQL database to migrate; SQLite is migrated by the server when it starts']);
  const migrated = await migrateDatabase(databaseUrl, createLogger(logLevel));
  print(migrated.length === 0 ? 'The database is up to date.' : `Migrated: ${migrated.join(', ')}.`);
}

async function serve(): Promise<void> {
  const config = readConfig(process.env, process.argv.slice(2), ownLabsDir);
  const log = createLogger(config.logLevel);
  const server = await startApp({
    config,
    log,
    report: print,
    onDataLost: (error) => fail(new DataInUseError(`The lock on the database was lost: ${error.message}`)),
  });
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping; attempts go on with the next start');
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    server[Symbol.asyncDispose]().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody looked'));
  announce(server);
}

async function runBackup(command: 'backup' | 'restore', args: readonly string[]): Promise<void> {
  const log = createLogger('warn');
  print(await runBackupCommand(command, args, { environment: process.env, version: readVersion(), log, now: new Date() }));
}

function run(command: string | undefined, args: readonly string[]): Promise<void> {
  switch (command) {
    case 'migrate':
      return runMigrations(args);
    case 'backup':
    case 'restore':
      return runBackup(command, args);
    default:
      return serve();
  }
}

const [command, ...rest] = process.argv.slice(2);
await run(command, rest).catch(fail);

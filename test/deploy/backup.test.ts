import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { attemptSchema } from '../../server/contract/attempts.ts';
import { peopleSchema } from '../../server/contract/people.ts';
import { runBackupCommand } from '../../server/backup/command.ts';
import { runEvidenceCommand } from '../../server/evidence/cli.ts';
import { createLogger } from '../../server/log.ts';
import { migrateDatabase } from '../../server/store/store.ts';
import { eventually } from '../../server/testing/eventually.ts';
import { TestServer } from '../../server/testing/test-server.ts';
import { startPostgres, type PostgresCluster } from '../support/postgres.ts';

const log = createLogger('silent');
let postgres: PostgresCluster;
let folder: string;
beforeAll(async () => {
  [postgres, folder] = await Promise.all([startPostgres(), mkdtemp(path.join(tmpdir(), 'drillhouse-backup-'))]);
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

type Environment = Readonly<Record<string, string>>;
const run = (command: 'backup' | 'restore', file: string, environment: Environment): Promise<string> =>
  runBackupCommand(command, [file], { environment, version: '0.0.0-test', log, now: new Date('2026-11-21T12:00:00Z') });

let places = 0;
/** A new data folder, on a database of its own. */
async function newPlace(engine: 'sqlite' | 'postgres'): Promise<Environment> {
  const DATA_DIR = path.join(folder, `data-${(places += 1)}`);
  return engine === 'sqlite' ? { DATA_DIR } : { DATA_DIR, DATABASE_URL: await postgres.createDatabase() };
}

/** A server on which something was done, its backup made while it runs, and something more done since. */
async function serverWithBackup(
  engine: 'sqlite' | 'postgres',
  file: string,
): Promise<{ server: TestServer; attemptId: string; said: string }> {
  const { DATABASE_URL } = await newPlace(engine);
  const server = await TestServer.start({ environment: DATABASE_URL === undefined ? {} : { DATABASE_URL } });
  server.controls.outcome = 'passed';
  const trainee = await server.signIn('trainee');
  const { id } = await trainee.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'incident' });
  const state = async (): Promise<string> => (await trainee.call('GET', `/api/attempts/${id}`, attemptSchema)).state;
  await eventually('the incident', async () => (await state()) === 'incident');
  await trainee.call('POST', `/api/attempts/${id}/grade`, attemptSchema, {});
  await eventually('the verdict', async () => (await state()) === 'passed');
  const said = await run('backup', file, { DATA_DIR: server.dataDir, ...(DATABASE_URL === undefined ? {} : { DATABASE_URL }) });
  await server.trainee('Later');
  return { server, attemptId: id, said };
}

describe('backup and restore', () => {
  it.each([
    ['sqlite', 'postgres'],
    ['postgres', 'sqlite'],
  ] as const)('from %s to %s: who was there, what was done, and evidence that still holds', async (from, to) => {
    const file = path.join(folder, `${from}.backup`);
    const { server, attemptId, said } = await serverWithBackup(from, file);
    await server[Symbol.asyncDispose]();
    expect(said).toMatch(/^Saved \d+ rows and \d+ files to /);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const place = await newPlace(to);
    expect(await run('restore', file, place)).toMatch(
      /^Restored \d+ rows and \d+ files, saved at 2026-11-21T12:00:00.000Z by version 0\.0\.0-test\.$/,
    );
    const complaints: string[] = [];
    const output = { say: () => undefined, complain: (text: string): void => void complaints.push(text) };
    expect(await runEvidenceCommand(['verify'], place, output)).toBe(0);
    expect(complaints).toEqual([]);
    await using again = await TestServer.start({ environment: place });
    const instructor = await again.signIn('instructor');
    expect((await instructor.call('GET', `/api/attempts/${attemptId}`, attemptSchema)).state).toBe('passed');
    const administrator = await again.signIn('administrator');
    const names = (await administrator.call('GET', '/api/people', peopleSchema)).people.map(({ name }) => name);
    expect(names).toContain('Tess Trainee');
    expect(names).not.toContain('Later');
    // Nothing is ever overwritten.
    await again.stop();
    await expect(run('restore', file, place)).rejects.toThrow(/nothing is ever overwritten/);
    await expect(run('backup', file, place)).rejects.toThrow(/is there already/);
  });

  it('says what is wrong with a file, and leaves a database that the next try may use', async () => {
    const file = path.join(folder, 'whole.backup');
    const { server } = await serverWithBackup('sqlite', file);
    await server[Symbol.asyncDispose]();
    const copy = async (name: string, content: Buffer): Promise<string> => {
      await writeFile(path.join(folder, name), content);
      return path.join(folder, name);
    };
    const whole = await readFile(file);
    const plain = gunzipSync(whole);
    const cut = await copy('cut.backup', whole);
    await truncate(cut, Math.floor(whole.byteLength / 2));
    const newer = await copy(
      'newer.backup',
      gzipSync(Buffer.from(plain.toString('latin1').replace(/"migration": "\d{4}/, '"migration": "9999'), 'latin1')),
    );
    const other = await copy('other.backup', gzipSync(Buffer.from('something else')));
    await expect(run('restore', cut, await newPlace('sqlite'))).rejects.toThrow(/cannot be restored: /);
    await expect(run('restore', newer, await newPlace('sqlite'))).rejects.toThrow(/whose migration 9999-\S+ this version does not know/);
    await expect(run('restore', other, await newPlace('sqlite'))).rejects.toThrow(/no backup of Drillhouse|cannot be restored/);
    await expect(run('restore', path.join(folder, 'absent'), await newPlace('sqlite'))).rejects.toThrow(/There is no file/);
    await expect(run('backup', path.join(folder, 'x.backup'), await newPlace('sqlite'))).rejects.toThrow(/There is nothing to back up/);
  });
});

describe('migrating ahead of the server', () => {
  it('runs each migration once, however many run it at the same time, and names a database of another version', async () => {
    const url = await postgres.createDatabase();
    const [one, other] = await Promise.all([migrateDatabase(url, log), migrateDatabase(url, log)]);
    expect([one.length, other.length].sort()).toEqual([0, Math.max(one.length, other.length)]);
    expect(Math.max(one.length, other.length)).toBeGreaterThan(0);
    const program = [path.join(projectRoot, 'dist/node/server/main.mjs'), 'migrate'];
    const { stdout } = await promisify(execFile)(process.execPath, program, { env: { ...process.env, DATABASE_URL: url } });
    expect(stdout).toBe('The database is up to date.\n');
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`insert into kysely_migration (name, timestamp) values ('9999-future', '2027-01-01')`);
    await client.end();
    await expect(migrateDatabase(url, log)).rejects.toThrow(/knows the migration 9999-future\. Start that version or a newer one/);
  });
});

import { appendFile, cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeDrills, rateRunbook, takeLab } from '../certification/testing/earning.ts';
import { certificateSchema } from '../contract/certification.ts';
import { eventually } from '../testing/eventually.ts';
import { TestServer } from '../testing/test-server.ts';
import { runEvidenceCommand } from './cli.ts';

const FIRST_KINDS = ['verdict', 'recordings', 'artefact-rating', 'certificate-issued', 'certificate-revoked', 'override'];

describe('npm run evidence -- verify', () => {
  let server: TestServer;
  let copies: string;
  let pristine: string;
  let attemptId = '';
  let certificateId = '';
  let head = '';

  /** A run with all that the log keeps, left behind by a server that has stopped. */
  beforeAll(async () => {
    copies = await mkdtemp(path.join(tmpdir(), 'drillhouse-evidence-'));
    const drills = new FakeDrills();
    server = await TestServer.start({ drills });
    const [trainee, instructor, manager] = [
      await server.signIn('trainee'),
      await server.signIn('instructor'),
      await server.signIn('manager'),
    ];
    attemptId = await takeLab(server, trainee, 'passed', async (id) => {
      expect((await trainee.fetch('POST', `/api/attempts/${id}/terminals`)).status).toBe(201);
    });
    const kinds = async (): Promise<string[]> => {
      const database = new Database(path.join(server.dataDir, 'drillhouse.db'), { readonly: true });
      const rows = database.prepare('select kind from evidence order by seq').all() as { kind: string }[];
      database.close();
      return Promise.resolve(rows.map(({ kind }) => kind));
    };
    await eventually('the seal of the recording', async () => (await kinds()).includes('recordings'));
    await rateRunbook(instructor, attemptId, true);
    const person = (await trainee.session()).me?.id ?? '';
    drills.led(person, Date.now());
    const wanted = { person, definition: 'ai-platform-operator' };
    certificateId = (await instructor.call('POST', '/api/certificates', certificateSchema, wanted)).id;
    await manager.call('POST', `/api/certificates/${certificateId}/revoke`, certificateSchema, { reason: 'Issued to the wrong person.' });
    for (const reason of ['Somebody else was at the keyboard.', 'No, it was them after all.'])
      await manager.fetch('POST', `/api/attempts/${attemptId}/override`, { outcome: 'passed', reason });
    expect(await kinds()).toEqual([...FIRST_KINDS, 'override']);
    await server.stop();
    pristine = path.join(copies, 'pristine');
    await cp(path.join(server.dataDir, 'recordings'), path.join(pristine, 'recordings'), { recursive: true });
    // One file, whole: the files beside a database in use come and go.
    const database = new Database(path.join(server.dataDir, 'drillhouse.db'));
    database.exec(`vacuum into '${path.join(pristine, 'drillhouse.db')}'`);
    database.close();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(copies, { recursive: true });
  });

  const verify = async (dataDir: string, ...args: string[]): Promise<{ code: number; said: string; complaint: string }> => {
    const [said, complaints]: [string[], string[]] = [[], []];
    const output = { say: (text: string) => void said.push(text), complain: (text: string) => void complaints.push(text) };
    const code = await runEvidenceCommand(['verify', '--data', dataDir, ...args], {}, output);
    return { code, said: said.join('\n'), complaint: complaints.join('\n') };
  };
  const copyAndChange = async (change: (database: Database.Database, folder: string) => void | Promise<void>): Promise<string> => {
    const folder = await mkdtemp(path.join(copies, 'copy-'));
    await cp(pristine, folder, { recursive: true });
    const database = new Database(path.join(folder, 'drillhouse.db'));
    await change(database, folder);
    database.close();
    return folder;
  };

  it('says that what holds holds, and what its head is', async () => {
    const { code, said, complaint } = await verify(server.dataDir);
    expect({ code, complaint }).toEqual({ code: 0, complaint: '' });
    expect(said).toContain('The evidence log holds: 7 entries.');
    head = /head is (\d+:[0-9a-f]{64})/.exec(said)?.[1] ?? '';
    expect(await verify(server.dataDir, '--head', head)).toMatchObject({ code: 0 });
  });

  it.each([
    ['changed', "update evidence set payload = replace(payload, 'passed', 'failed') where seq = 1", 'Entry 1 (verdict of at_'],
    ['dated otherwise', 'update evidence set at_ms = at_ms + 1 where seq = 3', 'Entry 3 (artefact-rating of at_'],
    [
      'given to another attempt',
      "update evidence set attempt_id = 'at_other' where seq = 2",
      'Entry 2 (recordings of at_other) is not what it was',
    ],
    ['removed', 'delete from evidence where seq = 3', 'Entry 3 is missing; the next one that is there is a certificate-issued of ct_'],
    ['removed at the beginning', 'delete from evidence where seq = 1', 'Entry 1 is missing'],
    ['cut off', 'delete from evidence where seq >= 6', 'Entry 6 and what followed it are gone'],
    ['emptied', 'delete from evidence', 'Entry 1 and what followed it are gone'],
    [
      'reordered',
      'update evidence set seq = -2 where seq = 2; update evidence set seq = 2 where seq = 3; update evidence set seq = 3 where seq = -2',
      'Entry 2 (artefact-rating of at_',
    ],
    ['robbed of its anchor', "delete from settings where key = 'evidence-head'", 'beyond the newest entry'],
    ['left with a damaged anchor', "update settings set value = 'none' where key = 'evidence-head'", 'are gone'],
  ])('notices a log that was %s, and names the first link', async (_what, sql, named) => {
    const { code, complaint } = await verify(await copyAndChange((database) => void database.exec(sql)));
    expect(code).toBe(1);
    expect(complaint).toContain(named);
  });

  it('notices an entry that was put in, with a hash of its own that fits', async () => {
    const folder = await copyAndChange((database) => {
      database.exec('update evidence set seq = seq + 100 where seq >= 4; update evidence set seq = seq - 99 where seq >= 100');
      database.exec('insert into evidence select 4, at_ms, attempt_id, kind, payload, previous_hash, hash from evidence where seq = 3');
    });
    expect(await verify(folder)).toMatchObject({ code: 1, complaint: expect.stringContaining('Entry 4 (') });
  });

  it('notices a tail that was cut with its anchor, when a head was kept elsewhere', async () => {
    const folder = await copyAndChange((database) => {
      database.exec(`
        delete from overrides where seq = 2;
        delete from evidence where seq = 7;
        update settings set value = (select seq || ':' || hash from evidence order by seq desc limit 1) where key = 'evidence-head'`);
    });
    expect(await verify(folder)).toMatchObject({ code: 0 });
    expect(await verify(folder, '--head', head)).toMatchObject({ code: 1, complaint: expect.stringContaining('Entry 7') });
    expect(
      await verify(
        server.dataDir,
        '--head',
        head.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      ),
    ).toMatchObject({ code: 1 });
  });

  it.each([
    ['a verdict', 'update verdicts set scorecard = replace(scorecard, \'"score":\', \'"score":1\')', 'verdict of attempt'],
    ['an outcome', "update verdicts set outcome = 'failed'", 'outcome of attempt'],
    ['a verdict that is gone', 'delete from verdicts', 'not in the store any more'],
    ['an override', "update overrides set outcome = 'failed' where seq = 1", 'override of at_'],
    [
      'an override more',
      "insert into overrides select attempt_id, 3, at_ms, by_id, 'failed', reason from overrides where seq = 2",
      'in no entry',
    ],
    ['a rating', 'update artefact_ratings set accepted = 0', 'rating of at_'],
    ['a badge', "update certificates set jwt = jwt || 'x'", 'differs from entry 4'],
    ['a revocation', 'update certificates set revoked_at_ms = null', 'revocation of certificate ct_'],
    ['a certificate that is gone', 'delete from certificates', 'Certificate ct_'],
  ])('notices what the pages show and the log does not: %s', async (_what, sql, named) => {
    const { code, complaint } = await verify(await copyAndChange((database) => void database.exec(sql)));
    expect(code).toBe(1);
    expect(complaint).toContain(named);
  });

  it('notices a recording that was changed, and says when one is not there', async () => {
    const castOf = async (folder: string): Promise<string> => {
      const name = (await readdir(path.join(folder, 'recordings'))).find((file) => file.endsWith('.cast'));
      return path.join(folder, 'recordings', name ?? '');
    };
    const changed = await copyAndChange(async (_database, folder) => appendFile(await castOf(folder), '[9,"o","x"]\n'));
    expect(await verify(changed)).toMatchObject({ code: 1, complaint: expect.stringContaining('differs from entry 2') });
    const gone = await copyAndChange(async (_database, folder) => rm(await castOf(folder)));
    expect(await verify(gone)).toMatchObject({ code: 0, said: expect.stringContaining('is not there') });
  });

  it('says what to do when there is nothing to look at, or nobody knows what is wanted', async () => {
    expect(await verify(copies)).toMatchObject({ code: 2, complaint: expect.stringContaining('--data') });
    const complaints: string[] = [];
    const output = { say: () => undefined, complain: (text: string) => void complaints.push(text) };
    expect(await runEvidenceCommand(['destroy'], {}, output)).toBe(2);
    expect(complaints[0]).toContain('usage:');
  });

  it('keeps by hash what a verdict was judged with', () => {
    const database = new Database(path.join(server.dataDir, 'drillhouse.db'), { readonly: true });
    const { payload } = database.prepare("select payload from evidence where kind = 'verdict'").get() as { payload: string };
    database.close();
    const verdict = JSON.parse(payload) as {
      lab: { hash: string };
      baseline: object;
      grader: Record<string, string>;
      scorecard: { checks: { verdict: { evidence: { at: string }[] } }[] };
    };
    expect(verdict.lab.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(verdict.baseline).toMatchObject({ capturedAt: expect.any(String) });
    expect(verdict.grader['checks/http-check']).toMatch(/^[0-9a-f]{64}$/);
    expect(verdict.scorecard.checks[0]?.verdict.evidence[0]?.at).toMatch(/^\d{4}-/);
  });
});

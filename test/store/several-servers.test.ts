import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AttemptRecords } from '../../server/attempts/attempt-records.ts';
import { EvidenceChain, verifyChain } from '../../server/attempts/evidence-chain.ts';
import { moved } from '../../server/attempts/move.ts';
import { requestAttempt } from '../../server/attempts/moves.ts';
import { VerdictRecords } from '../../server/attempts/verdict-records.ts';
import { AuditLog } from '../../server/audit/audit-log.ts';
import { CertificateRecords } from '../../server/certification/certificate-records.ts';
import { sealedKeys } from '../../server/certification/private-keys.ts';
import { SigningKeys } from '../../server/certification/signing-keys.ts';
import { newId } from '../../server/ids.ts';
import { createLogger } from '../../server/log.ts';
import type { Db } from '../../server/store/schema.ts';
import { installationSecret } from '../../server/store/settings.ts';
import { migrateDatabase, openDatabase } from '../../server/store/store.ts';
import { fakeLab } from '../../server/testing/fake-lab.ts';
import { ManualClock } from '../../server/testing/manual-clock.ts';
import { plainCertificate } from '../../server/testing/plain-certificate.ts';
import { addPerson } from '../../server/testing/test-store.ts';
import { findPostgres, startPostgres, type PostgresCluster } from '../support/postgres.ts';

/** In CI it must be there: starting it then fails with the command that installs it. */
const isThere = process.env.CI === 'true' || (await findPostgres()) !== undefined;
const log = createLogger('silent');
const APPENDS = 150;

/** What two servers do at once on one database: each has connections and turns of its own, and nothing else in common. */
describe.skipIf(!isThere)('two servers on one PostgreSQL', () => {
  const clock = new ManualClock();
  let postgres: PostgresCluster;
  let servers: readonly [Db, Db];
  beforeAll(async () => {
    postgres = await startPostgres();
    const databaseUrl = await postgres.createDatabase();
    // Both migrate at the same time, as two that start together do.
    await Promise.all([migrateDatabase(databaseUrl, log), migrateDatabase(databaseUrl, log)]);
    servers = [openDatabase({ databaseUrl, dataDir: '', log }), openDatabase({ databaseUrl, dataDir: '', log })];
  });
  afterAll(async () => {
    await Promise.all(servers.map((db) => db.destroy()));
    await postgres[Symbol.asyncDispose]();
  });

  it('append to one chain of evidence, hundreds at once and within the transactions of attempts, without a gap or a deadlock', async () => {
    const person = await addPerson({ db: servers[0] });
    const first = requestAttempt(
      {
        id: newId('attempt'),
        personId: person.id,
        sandboxId: newId('sandbox'),
        lab: fakeLab,
        mode: 'guided',
        variant: { seed: 's', fault: 'bad-image', values: {} },
      },
      clock.now(),
    );
    await new AttemptRecords(servers[0]).insert(first, clock.now());
    const { id } = first.attempt;
    const outcomes = await Promise.all(
      servers.flatMap((db, server) => {
        const chain = new EvidenceChain();
        const records = new AttemptRecords(db);
        const verdicts = new VerdictRecords(db, chain);
        const plain = Array.from({ length: APPENDS }, (_, index) =>
          chain.exclusive(() =>
            db.transaction().execute((tx) => chain.append(tx, { attemptId: id, kind: `plain-${server}`, atMs: index, payload: { index } })),
          ),
        );
        const overrides = Array.from({ length: 10 }, () =>
          verdicts.addOverride(id, { atMs: 1, byId: person.id, outcome: 'passed', reason: 'It is right.' }),
        );
        // Both servers change the same attempt: whoever comes second is refused, and nothing of the refused one is in the chain.
        const saves = Array.from({ length: 10 }, async () => {
          const attempt = await records.require(id);
          return records
            .save(moved(attempt, { score: server }), clock.now(), async (tx) => {
              await chain.append(tx, { attemptId: id, kind: 'saved', atMs: 1, payload: { revision: attempt.revision + 1 } });
            })
            .then(
              () => 'saved',
              () => 'refused',
            );
        });
        return [...plain, ...overrides, ...saves];
      }),
    );
    const [one, other] = await Promise.all(servers.map((db) => verifyChain(db)));
    const saved = outcomes.filter((outcome) => outcome === 'saved').length;
    expect(saved).toBeGreaterThan(0);
    expect(one).toMatchObject({ intact: true, rows: 2 * APPENDS + 2 * 10 + saved });
    expect(other).toEqual(one);
    expect((await new AttemptRecords(servers[1]).require(id)).revision).toBe(first.attempt.revision + saved);
    const numbers = await servers[0].selectFrom('overrides').select('seq').orderBy('seq').execute();
    expect(numbers.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it('number the audit log together, without a gap', async () => {
    const logs = servers.map((db) => new AuditLog(db, clock));
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => logs[index % 2]!.record({ actor: null, action: 'test.done', detail: { index } })),
    );
    const rows = await servers[0].selectFrom('audit').select(['seq', 'detail']).orderBy('seq').execute();
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(new Set(rows.map(({ detail }) => detail)).size).toBe(200);
    // What one server did stays in its order.
    const even = rows.map(({ detail }) => (JSON.parse(detail) as { index: number }).index).filter((index) => index % 2 === 0);
    expect(even).toEqual([...even].sort((a, b) => a - b));
  });

  it('agree on one secret and on one key that signs, however they begin', async () => {
    const secrets = await Promise.all(servers.map((db) => installationSecret(db)));
    expect(secrets[0]).toBe(secrets[1]);
    const open = (db: Db): Promise<SigningKeys> => SigningKeys.open({ db, privateKeys: sealedKeys(db, 'k'.repeat(32)), clock, log });
    const keys = await Promise.all(servers.map(open));
    const [one, other] = await Promise.all(keys.map((each) => each.current()));
    expect(one?.id).toBeDefined();
    expect(one?.id).toBe(other?.id);
    clock.advance(1_000);
    await Promise.all(keys.map((each) => each.rotate()));
    const signing = (await keys[0]!.list()).filter(({ retiredAtMs }) => retiredAtMs === null);
    expect(signing.map(({ id }) => id)).toEqual([(await keys[0]!.current()).id]);
    expect((await keys[1]!.current()).id).toBe(signing[0]?.id);
  });

  it('issue one certificate to somebody who is given it at both in the same moment, and revoke it once', async () => {
    const [holder, issuer] = [await addPerson({ db: servers[0] }), await addPerson({ db: servers[0] }, 'manager')];
    const keys = await SigningKeys.open({ db: servers[0], privateKeys: sealedKeys(servers[0], 'k'.repeat(32)), clock, log });
    const { id: keyId } = await keys.current();
    const records = servers.map((db) => new CertificateRecords(db, new EvidenceChain()));
    const issued = await Promise.all(
      records.map((each) =>
        each.issue(undefined, async ({ list, index }) =>
          Promise.resolve(plainCertificate({ holder, issuer, keyId, list, index, nowMs: clock.now() })),
        ),
      ),
    );
    const row = issued.find((each) => each !== undefined)!;
    expect(issued.filter((each) => each !== undefined)).toHaveLength(1);
    const revoked = await Promise.all(records.map((each) => each.revoke(row, { byId: issuer.id, reason: 'No.', atMs: clock.now() })));
    expect(revoked.filter(Boolean)).toHaveLength(1);
    const kinds = await servers[0].selectFrom('evidence').select('kind').where('attempt_id', '=', row.id).orderBy('seq').execute();
    expect(kinds.map(({ kind }) => kind)).toEqual(['certificate-issued', 'certificate-revoked']);
    expect(await verifyChain(servers[1])).toMatchObject({ intact: true });
  });
});

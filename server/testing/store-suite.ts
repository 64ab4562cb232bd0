import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accounts } from '../accounts/accounts.ts';
import { Cohorts } from '../accounts/cohorts.ts';
import { Links } from '../accounts/links.ts';
import { People } from '../accounts/people.ts';
import { Sessions } from '../accounts/sessions.ts';
import { artefactSchema } from '../../grader/artefacts/artefact.ts';
import { artefactForms } from '../../grader/artefacts/forms.ts';
import { ArtefactRecords } from '../artefacts/artefact-records.ts';
import { AttemptRecords } from '../attempts/attempt-records.ts';
import { EvidenceChain, verifyChain } from '../attempts/evidence-chain.ts';
import { moved } from '../attempts/move.ts';
import { abandon, released } from '../attempts/ending-moves.ts';
import { requestAttempt } from '../attempts/moves.ts';
import { VerdictRecords } from '../attempts/verdict-records.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { newId } from '../ids.ts';
import { DuplicateKeyError } from '../store/fault-translation.ts';
import { installationSecret, readSetting, writeSetting } from '../store/settings.ts';
import type { PersonRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { fakeLab } from './fake-lab.ts';
import { ManualClock } from './manual-clock.ts';
import { addPerson, openTestStore } from './test-store.ts';

/** What every store must do, whichever engine is under it. */
export function describeStore(engine: string, databaseUrl: () => Promise<string | undefined>): void {
  describe(`a store on ${engine}`, () => {
    let store: Store & { readonly dataDir: string };
    let url: string | undefined;
    let person: PersonRow;
    const clock = new ManualClock();
    beforeAll(async () => {
      url = await databaseUrl();
      store = await openTestStore(url);
      person = await addPerson(store);
    });
    afterAll(() => store[Symbol.asyncDispose]());

    const request = (who = person.id): ReturnType<typeof requestAttempt> =>
      requestAttempt(
        {
          id: newId('attempt'),
          personId: who,
          sandboxId: newId('sandbox'),
          lab: fakeLab,
          mode: 'guided',
          variant: { seed: 's', fault: 'bad-image', values: {} },
        },
        clock.now(),
      );

    it('keeps times and counters as numbers', async () => {
      const row = await store.db.selectFrom('people').selectAll().where('id', '=', person.id).executeTakeFirstOrThrow();
      expect(row).toEqual(person);
      const big = Date.UTC(2026, 10, 21);
      await store.db.updateTable('people').set({ last_seen_at_ms: big }).where('id', '=', person.id).execute();
      expect(
        (await store.db.selectFrom('people').select('last_seen_at_ms').where('id', '=', person.id).executeTakeFirstOrThrow())
          .last_seen_at_ms,
      ).toBe(big);
    });

    it('tells a duplicate key from other failures', async () => {
      await expect(store.db.insertInto('people').values(person).execute()).rejects.toBeInstanceOf(DuplicateKeyError);
      await expect(
        store.db
          .insertInto('links')
          .values({ id: 'x', token_hash: 'x', person_id: 'nobody', kind: 'sign-in', created_at_ms: 0, expires_at_ms: 0, used_at_ms: null })
          .execute(),
      ).rejects.not.toBeInstanceOf(DuplicateKeyError);
    });

    it('keeps settings and one installation secret', async () => {
      await writeSetting(store.db, 'k', 'one');
      await writeSetting(store.db, 'k', 'two');
      expect(await readSetting(store.db, 'k')).toBe('two');
      expect(await installationSecret(store.db)).toBe(await installationSecret(store.db));
    });

    it('signs people in and out, with cohorts', async () => {
      const audit = await AuditLog.open(store.db, clock);
      const accounts = new Accounts({
        people: new People(store.db, clock),
        sessions: new Sessions(store.db, clock, 's'),
        links: new Links(store.db, clock),
        audit,
        clock,
      });
      const { person: invited, link } = await accounts.invite({ email: 'x@example.com', name: 'X', role: 'trainee' });
      const session = await accounts.acceptLink(link.token, { password: 'a long password' }, '::1');
      expect((await accounts.sessions.resume(session.newToken ?? ''))?.person.id).toBe(invited.id);
      const cohorts = new Cohorts(store.db, clock);
      const cohort = await cohorts.create('Spring');
      await expect(cohorts.create('Spring')).rejects.toMatchObject({ code: 'Conflict' });
      await cohorts.setMembers(cohort.id, [invited.id, person.id, invited.id]);
      await cohorts.addMember(cohort.id, invited.id);
      expect((await cohorts.require(cohort.id)).members).toHaveLength(2);
      expect((await accounts.people.view(invited.id)).cohorts).toEqual([{ id: cohort.id, name: 'Spring' }]);
      await accounts.signOut(session, '::1');
      expect(await accounts.sessions.resume(session.newToken ?? '')).toBeUndefined();
    });

    it('numbers the audit log without gaps, also over restarts and at once, and pages through it', async () => {
      const first = await AuditLog.open(store.db, clock);
      await Promise.all(Array.from({ length: 5 }, (_, index) => first.record({ actor: person, action: `test.${index}`, subject: 'x' })));
      const second = await AuditLog.open(store.db, clock);
      await second.record({ actor: null, action: 'other.thing', detail: { a: 1 }, address: '::1' });
      const page = await second.list({ limit: 2 });
      const seqs = (await second.list({ limit: 100 })).entries.map((entry) => entry.seq);
      expect(seqs).toEqual(Array.from(seqs, (_, index) => seqs.length - index));
      expect(page.entries[0]).toMatchObject({ action: 'other.thing', detail: { a: 1 }, actor: null, address: '::1' });
      expect((await second.list({ limit: 2, before: page.nextBefore ?? 0 })).entries[0]?.seq).toBe(seqs.length - 2);
      expect((await second.list({ limit: 100, action: 'test.' })).entries).toHaveLength(5);
      expect((await second.list({ limit: 100, personId: person.id })).entries).toHaveLength(5);
    });

    it('allows one running attempt a person and lab, and again after its end', async () => {
      const records = new AttemptRecords(store.db);
      const someone = (await addPerson(store)).id;
      const first = request(someone);
      await records.insert(first, clock.now());
      await expect(records.insert(request(someone), clock.now())).rejects.toMatchObject({ code: 'AlreadyRunning' });
      await records.save(abandon(first.attempt, someone, clock.now()), clock.now());
      await expect(records.insert(request(someone), clock.now())).resolves.toBeUndefined();
      expect(await records.list({ personId: someone })).toHaveLength(2);
      expect(await records.list({ personId: someone, endedOnly: true })).toMatchObject([{ id: first.attempt.id, state: 'abandoned' }]);
    });

    it('takes up attempts until their sandbox is let go', async () => {
      const records = new AttemptRecords(store.db);
      const someone = (await addPerson(store)).id;
      const first = request(someone);
      const unfinished = async (): Promise<boolean> => (await records.listUnfinished()).some((attempt) => attempt.id === first.attempt.id);
      await records.insert(first, clock.now());
      expect(await unfinished()).toBe(true);
      const ended = abandon(first.attempt, someone, clock.now());
      await records.save(ended, clock.now());
      expect(await unfinished()).toBe(true);
      await records.save(released(ended.attempt), clock.now());
      await records.forgetSandbox(first.attempt.sandboxId);
      expect(await unfinished()).toBe(false);
    });

    it('stores a move whole or not at all, and never on top of another', async () => {
      const records = new AttemptRecords(store.db);
      const move = request((await addPerson(store)).id);
      await records.insert(move, clock.now());
      const next = moved(move.attempt, { namespace: 'lab' }, { kind: 'x', text: 'y', actorId: null });
      await expect(
        records.save(next, clock.now(), async () => {
          throw new Error('along');
        }),
      ).rejects.toThrow('along');
      expect(await records.find(move.attempt.id)).toEqual(move.attempt);
      expect(await records.journal(move.attempt.id)).toHaveLength(1);
      await records.save(next, clock.now());
      await expect(records.save(moved(move.attempt, { namespace: 'other' }), clock.now())).rejects.toThrow('not at revision');
      expect((await records.journal(move.attempt.id)).map((entry) => entry.kind)).toEqual(['requested', 'x']);
    });

    it('links evidence by hashes, and notices what was changed afterwards', async () => {
      const records = new AttemptRecords(store.db);
      const evidence = new EvidenceChain();
      const verdicts = new VerdictRecords(store.db, evidence);
      const move = request((await addPerson(store)).id);
      await records.insert(move, clock.now());
      const { id } = move.attempt;
      const override = (reason: string): Promise<void> =>
        verdicts.addOverride(id, { atMs: clock.now(), byId: person.id, outcome: 'passed', reason });
      await Promise.all([override('first reason'), override('second reason'), override('third reason')]);
      const report = await verifyChain(store.db);
      expect(report).toEqual({ intact: true, rows: 3 });
      expect(await verdicts.override(id)).toMatchObject({ reason: 'third reason' });
      expect((await verdicts.overrides()).get(id)).toBe('passed');
      const second = (await store.db.selectFrom('evidence').selectAll().orderBy('seq').execute())[1];
      if (second === undefined) throw new Error('There is no second row.');
      await store.db
        .updateTable('evidence')
        .set({ payload: second.payload.replace('second', 'better') })
        .where('seq', '=', 2)
        .execute();
      expect(await verifyChain(store.db)).toEqual({ intact: false, brokenAtSeq: 2 });
      await store.db.updateTable('evidence').set({ payload: second.payload }).where('seq', '=', 2).execute();
      await store.db.deleteFrom('evidence').where('seq', '=', 1).execute();
      expect(await verifyChain(store.db)).toEqual({ intact: false, brokenAtSeq: 1 });
    });

    it('keeps artefacts: drafts, versions, submissions and ratings', async () => {
      const records = new AttemptRecords(store.db);
      const artefacts = new ArtefactRecords(store.db, new EvidenceChain());
      const move = request((await addPerson(store)).id);
      await records.insert(move, clock.now());
      const where = { attemptId: move.attempt.id, artefactId: 'runbook' };
      const definition = artefactSchema.parse({ id: 'runbook', ...artefactForms.runbook });
      const offer = { definition, checks: [], classificationOf: {} };
      await artefacts.offer(where.attemptId, [offer]);
      const write = (text: string, basedOn: number, afterMs = 0): Promise<void> =>
        artefacts.save(where, { basedOn, content: { text }, byId: person.id, nowMs: clock.now() + afterMs });
      await write('one', 0);
      await artefacts.offer(where.attemptId, [offer]);
      await expect(write('from another window', 0)).rejects.toMatchObject({ code: 'Conflict' });
      await artefacts.submit(where, 1, clock.now());
      for (let version = 2; version <= 70; version += 1) await write(`text ${version}`, version, version * 3_600_000);
      const kept = await artefacts.versions(where);
      expect([kept.length, kept[0]?.version, kept.at(-1)?.version]).toEqual([61, 70, 1]);
      expect(await artefacts.content(where, 1)).toEqual({ text: 'one' });
      expect(await artefacts.fetchWritten(where.attemptId, 'runbook')).toEqual({ definition, content: { text: 'text 70' } });
      expect(await artefacts.fetchWritten(where.attemptId, 'other')).toBeUndefined();
      const rating = { version: 1, atMs: clock.now(), byId: person.id, scores: { usable: 2 }, comment: 'Good.', accepted: false };
      await artefacts.rate(where, rating);
      await artefacts.rate(where, { ...rating, accepted: true });
      await store.db.transaction().execute((tx) => artefacts.submitAll(tx, where.attemptId, clock.now()));
      const [stored] = await artefacts.list(where.attemptId);
      expect(stored).toMatchObject({ revision: 71, submitted: { version: 70 }, rating: { accepted: true, scores: { usable: 2 } } });
    });

    it('keeps instructions apart', async () => {
      const records = new AttemptRecords(store.db);
      const move = request((await addPerson(store)).id);
      await records.insert(move, clock.now());
      const step = { id: 's', title: 'S', phase: 'build' as const, markdown: '# x', checks: [], hints: [] };
      await records.saveSteps(move.attempt.id, []);
      await records.saveSteps(move.attempt.id, [step]);
      expect(await records.steps(move.attempt.id)).toEqual([step]);
      expect(await records.steps('at_none')).toEqual([]);
    });
  });
}

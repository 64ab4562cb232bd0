import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExtraTimeRecords } from '../accommodations/extra-time-records.ts';
import { Accounts } from '../accounts/accounts.ts';
import { Cohorts } from '../accounts/cohorts.ts';
import { Links } from '../accounts/links.ts';
import { People } from '../accounts/people.ts';
import { Sessions } from '../accounts/sessions.ts';
import { artefactSchema } from '../../grader/artefacts/artefact.ts';
import { artefactForms } from '../../grader/artefacts/forms.ts';
import { ArtefactRecords } from '../artefacts/artefact-records.ts';
import { CommentRecords } from '../artefacts/comment-records.ts';
import { AttemptRecords } from '../attempts/attempt-records.ts';
import { EvidenceChain, verifyChain } from '../attempts/evidence-chain.ts';
import { moved } from '../attempts/move.ts';
import { abandon, released } from '../attempts/ending-moves.ts';
import { requestAttempt } from '../attempts/moves.ts';
import { assignTeam, joined } from '../attempts/team-moves.ts';
import { VerdictRecords } from '../attempts/verdict-records.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { CertificateRecords } from '../certification/certificate-records.ts';
import { FactFinder } from '../certification/fact-finder.ts';
import { keyFiles } from '../certification/private-keys.ts';
import { SigningKeys } from '../certification/signing-keys.ts';
import { FakeDrills } from '../certification/testing/earning.ts';
import { stampEntries } from '../drills/drill-actor.ts';
import type { DrillEntry, DrillHead, Happening } from '../drills/drill-entry.ts';
import { planEvidence } from '../drills/drill-evidence.ts';
import { DrillRecords } from '../drills/drill-records.ts';
import { foldEntries, newDrillState } from '../drills/drill-state.ts';
import { runEvidenceCommand } from '../evidence/cli.ts';
import { RecordingSeals } from '../evidence/recording-seals.ts';
import { eraseCandidate } from '../interviews/erase-candidate.ts';
import { InterviewRecords } from '../interviews/interview-records.ts';
import { newId } from '../ids.ts';
import { GradingRecords } from '../insight/grading-records.ts';
import { IncidentRecords } from '../incidents/incident-records.ts';
import { MAX_RUNS, MeasurementRecords } from '../measurements/measurement-records.ts';
import { createLogger } from '../log.ts';
import { DuplicateKeyError } from '../store/fault-translation.ts';
import { installationSecret, readSetting, writeSetting } from '../store/settings.ts';
import { certificates as certificatesMigration } from '../store/migrations/0005-certificates.ts';
import type { CertificateRow, PersonRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { checkResult } from './attempts.ts';
import { fakeLab } from './fake-lab.ts';
import { fakeScript } from './fake-script.ts';
import { StoredRecordings } from '../terminals/stored-recordings.ts';
import { Mentors } from '../program/mentors.ts';
import { ReadinessRecords } from '../program/readiness-records.ts';
import { ManualClock } from './manual-clock.ts';
import { plainCertificate } from './plain-certificate.ts';
import { addPerson, openTestStore } from './test-store.ts';

const silentOutput = { say: () => undefined, complain: () => undefined };

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

    it('keeps answers, placements, notes, comments and dismissals, each in its order', async () => {
      const other = await addPerson(store);
      const readiness = new ReadinessRecords(store.db);
      const given = { version: 1, nowMs: clock.now() };
      await readiness.saveAnswer(person.id, { ...given, question: 'killed', options: ['core'] });
      await readiness.saveAnswer(person.id, { ...given, question: 'killed', options: ['verbose'] });
      expect((await readiness.draft(person.id))?.answers).toEqual({ killed: ['verbose'] });
      const document = { reasons: ['Why.'], scores: [], version: null };
      const placement = { personId: person.id, byId: other.id, atMs: clock.now(), document };
      await readiness.place({ ...placement, kind: 'overruled', track: 'technical-lead' });
      await readiness.place({ ...placement, kind: 'check', track: 'administrator' });
      expect((await readiness.placements(person.id)).map(({ seq, kind }) => [seq, kind])).toEqual([
        [2, 'check'],
        [1, 'overruled'],
      ]);
      expect((await readiness.tracks()).get(person.id)).toBe('technical-lead');
      expect(await readiness.draft(person.id)).toBeUndefined();

      const mentors = new Mentors({ db: store.db, people: new People(store.db, clock), audit: { record: async () => undefined }, clock });
      const { id } = await mentors.assign(other, { mentorId: other.id, traineeId: person.id }, '');
      await Promise.all([mentors.write(other, id, 'One'), mentors.write(person, id, 'Two')]);
      expect((await mentors.own(person)).mentors).toMatchObject([{ id, notes: 2, lastNoteAt: new Date(clock.now()).toISOString() }]);
      expect(await mentors.isMentorOf(other.id, [person.id])).toBe(true);

      const move = request();
      await new AttemptRecords(store.db).insert(move, clock.now());
      const comments = new CommentRecords(store.db);
      const where = { attemptId: move.attempt.id, artefactId: 'runbook' };
      const said = { byId: other.id, atMs: clock.now(), text: 'Why?' };
      await comments.begin(where, { ...said, version: 1, place: { field: 'text', line: 2, quote: 'Here.' } });
      const [first] = await comments.list(where);
      await comments.resolve(where, first?.id ?? '', said);
      await comments.reply(where, first?.id ?? '', { ...said, text: 'Because.' });
      expect((await comments.list(where)).map(({ seq, text, resolved_at_ms }) => [seq, text, resolved_at_ms])).toEqual([
        [1, 'Why?', null],
        [2, 'Because.', null],
      ]);
      await store.db.deleteFrom('attempts').where('id', '=', move.attempt.id).execute();
    });

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
      const audit = new AuditLog(store.db, clock);
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
      const first = new AuditLog(store.db, clock);
      await Promise.all(Array.from({ length: 5 }, (_, index) => first.record({ actor: person, action: `test.${index}`, subject: 'x' })));
      const second = new AuditLog(store.db, clock);
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
      expect(report).toMatchObject({ intact: true, rows: 3 });
      expect(await verdicts.override(id)).toMatchObject({ reason: 'third reason' });
      expect((await verdicts.overrides()).get(id)).toBe('passed');
      const second = (await store.db.selectFrom('evidence').selectAll().orderBy('seq').execute())[1];
      if (second === undefined) throw new Error('There is no second row.');
      await store.db
        .updateTable('evidence')
        .set({ payload: second.payload.replace('second', 'better') })
        .where('seq', '=', 2)
        .execute();
      expect(await verifyChain(store.db)).toMatchObject({
        intact: false,
        brokenAtSeq: 2,
        fault: 'changed',
        attemptId: id,
        kind: 'override',
      });
      await store.db.updateTable('evidence').set({ payload: second.payload }).where('seq', '=', 2).execute();
      await store.db.deleteFrom('evidence').where('seq', '=', 1).execute();
      expect(await verifyChain(store.db)).toMatchObject({ intact: false, brokenAtSeq: 1, fault: 'missing' });
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

    it('keeps measured runs, numbered and bounded in each attempt, and ends those that were under way', async () => {
      const runs = new MeasurementRecords(store.db);
      const moves = [request((await addPerson(store)).id), request((await addPerson(store)).id)];
      for (const move of moves) await new AttemptRecords(store.db).insert(move, clock.now());
      const [first = '', second = ''] = moves.map(({ attempt }) => attempt.id);
      const begun = { label: '', byId: person.id, nowMs: clock.now() };
      expect(await runs.begin(first, begun)).toMatchObject({ number: 1, label: 'Run 1', finishedAtMs: null });
      expect(await runs.begin(second, { ...begun, label: 'with a cache' })).toMatchObject({ number: 1 });
      const workloads = [{ id: 'w', title: 'W', aims: { p95MsAtMost: 9.5 }, figures: null, remark: 'Nothing answers.' }];
      await runs.finish(first, 1, { atMs: clock.now() + 5, reason: null, workloads });
      expect(await runs.listUnfinished()).toEqual([second]);
      await runs.endUnfinished(second, clock.now() + 9, 'stopped');
      await runs.finish(second, 1, { atMs: clock.now() + 10, reason: 'too late', workloads: [] });
      expect(await runs.list(first)).toEqual([
        { number: 1, label: 'Run 1', byId: person.id, startedAtMs: clock.now(), finishedAtMs: clock.now() + 5, reason: null, workloads },
      ]);
      expect(await runs.list(second)).toMatchObject([
        { label: 'with a cache', finishedAtMs: clock.now() + 9, reason: 'stopped', workloads: [] },
      ]);
      for (let number = 2; number <= MAX_RUNS; number += 1) await runs.begin(first, begun);
      await expect(runs.begin(first, begun)).rejects.toMatchObject({ code: 'Conflict' });
      expect((await runs.list(first)).map(({ number }) => number)).toEqual(Array.from({ length: MAX_RUNS }, (_, index) => index + 1));
    });

    it('keeps interviews apart from people, finds them by their link alone, and forgets the candidate', async () => {
      const records = new InterviewRecords(store.db);
      const attempts = new AttemptRecords(store.db);
      const extraTime = new ExtraTimeRecords(store.db);
      const interview = {
        id: newId('interview'),
        personId: newId('person'),
        candidate: 'Kim ä “x”',
        terms: {
          lab: { slug: fakeLab.slug, title: fakeLab.title },
          mode: 'incident' as const,
          fault: null,
          minutes: 40,
          aiPolicy: 'none' as const,
          extraTime: { percent: 25, minutes: 5 },
          showsResult: true,
          retainDays: 30,
        },
        createdBy: person.id,
        createdAtMs: clock.now(),
        expiresAtMs: clock.now() + 1_000,
        consentedAtMs: null,
        revokedAtMs: null,
        erasedAtMs: null,
      };
      await records.insert({ interview, alias: 'Candidate ABC', token: 'one' });
      expect(await records.findByToken('one')).toEqual(interview);
      await records.renewToken(interview.id, 'two');
      expect(await records.findByToken('one')).toBeUndefined();
      await records.noteConsent(interview.id, clock.now());
      await records.noteConsent(interview.id, clock.now() + 5);
      expect((await records.require(interview.id)).consentedAtMs).toBe(clock.now());

      const move = request(interview.personId);
      await attempts.insert(move, clock.now());
      expect(await records.findAttemptId(interview.personId)).toBe(move.attempt.id);
      expect(await attempts.list({ personId: interview.personId })).toEqual([]);
      expect((await new People(store.db, clock).list()).map(({ id }) => id)).not.toContain(interview.personId);
      const given = { person_id: interview.personId, attempt_id: null, percent: 25, minutes: 5, reason: 'r', by_id: person.id, at_ms: 1 };
      await extraTime.add(given);
      await extraTime.add({ ...given, attempt_id: move.attempt.id, percent: 0, minutes: 9 });
      expect(await extraTime.holds(interview.personId)).toEqual({ percent: 25, minutes: 5 });
      expect((await extraTime.list(interview.personId)).map(({ seq }) => seq)).toEqual([2, 1]);

      const parts = {
        db: store.db,
        recordings: new StoredRecordings(store.db),
        evidence: new EvidenceChain(),
        attempts,
        supervisor: { find: () => undefined },
      };
      await eraseCandidate({ ...parts, purgeStore: () => store.purge() }, interview, move.attempt, clock.now() + 9);
      expect(await records.require(interview.id)).toMatchObject({ candidate: null, erasedAtMs: clock.now() + 9 });
      expect(await extraTime.list(interview.personId)).toEqual([]);
      expect((await records.listUnerased()).map(({ id }) => id)).not.toContain(interview.id);
    });

    it('keeps drills whole, their entries in order, and knows which are not over', async () => {
      const drills = new DrillRecords(store.db, new EvidenceChain());
      const head: DrillHead = {
        id: newId('drill'),
        scriptSlug: 'printer',
        scriptHash: 'h',
        script: fakeScript,
        mode: 'tabletop',
        createdById: person.id,
        startsAtMs: clock.now(),
      };
      const steps: readonly Happening[] = [{ kind: 'scheduled' }, { kind: 'started' }, { kind: 'said', to: 'everyone', text: 'ä “x”' }];
      const first = stampEntries(newDrillState(head), steps, person.id, clock.now());
      await drills.insert(head, clock.now(), first.entries);
      expect(await drills.find(head.id)).toEqual({ head, entries: first.entries });
      expect(await drills.listUnended()).toContain(head.id);
      // Only one server writes: a number that is taken means that another one did, and nothing of the batch is kept.
      const next = stampEntries(first.state, [{ kind: 'noted', text: 'x' }, { kind: 'ended' }], null, clock.now());
      const [noted, ended] = next.entries as [DrillEntry, DrillEntry];
      await expect(drills.append(head.id, [noted, { ...ended, seq: 2 }], [])).rejects.toThrow();
      expect((await drills.find(head.id))?.entries).toHaveLength(3);
      await drills.append(head.id, next.entries, planEvidence(next.state, [...first.entries, ...next.entries], next.entries));
      expect(await drills.listUnended()).not.toContain(head.id);
      expect(await drills.list(5)).toContainEqual({ id: head.id, lastSeq: await drills.lastSeq(head.id) });
      expect(foldEntries(head, (await drills.find(head.id))?.entries ?? [])).toEqual(next.state);
    });

    it('lets each of a team have one running attempt at a lab, and finds it for each', async () => {
      const records = new AttemptRecords(store.db);
      const [ana, bo, eva] = [await addPerson(store), await addPerson(store), await addPerson(store)];
      const team = (): ReturnType<typeof requestAttempt> => {
        const { attempt } = request(ana.id);
        const members = [
          { personId: ana.id, role: 'commander' as const, joinedAtMs: 1 },
          { personId: bo.id, role: 'expert' as const, joinedAtMs: null },
          { personId: eva.id, role: 'evaluator' as const, joinedAtMs: null },
        ];
        return { attempt: { ...attempt, members }, journal: [{ kind: 'requested', text: 'x', actorId: ana.id }] };
      };
      const first = team();
      await records.insert(first, clock.now());
      expect((await records.list({ personId: bo.id })).map(({ id }) => id)).toEqual([first.attempt.id]);
      expect(await records.list({ personId: eva.id })).toEqual([]);
      await expect(records.insert(request(bo.id), clock.now())).rejects.toMatchObject({
        message: expect.stringMatching(/^You have/) as string,
      });
      await expect(records.insert(request(eva.id), clock.now())).resolves.toBeUndefined();
      const move = joined(first.attempt, bo.id, 5);
      if (move === undefined) throw new Error('Bo is not in the team.');
      await records.save(move, clock.now(), (tx, attempt) => records.saveMembers(tx, attempt));
      const rows = await store.db
        .selectFrom('attempt_members')
        .selectAll()
        .where('attempt_id', '=', first.attempt.id)
        .orderBy('role')
        .execute();
      expect(rows.map(({ role, joined_at_ms, running_lab }) => [role, joined_at_ms, running_lab])).toEqual([
        ['commander', 1, fakeLab.slug],
        ['evaluator', null, null],
        ['expert', 5, fakeLab.slug],
      ]);
      const wanted = [
        { personId: ana.id, role: 'commander' },
        { personId: eva.id, role: 'expert' },
      ] as const;
      const other = assignTeam(move.attempt, wanted);
      if (other === undefined) throw new Error('The team is as it was.');
      await records.save(other, clock.now(), (tx, attempt) => records.saveMembers(tx, attempt));
      // Bo is free, and Eva, who has an attempt of her own, keeps that one beside the team's.
      expect(await records.list({ personId: bo.id })).toEqual([]);
      expect((await records.list({ personId: eva.id })).map(({ id }) => id)).toContain(first.attempt.id);
      const back = assignTeam(other.attempt, [...wanted, { personId: bo.id, role: 'observer' }]);
      if (back === undefined) throw new Error('The team is as it was.');
      await records.save(back, clock.now(), (tx, attempt) => records.saveMembers(tx, attempt));
      await records.save(abandon(back.attempt, ana.id, clock.now()), clock.now());
      await records.insert(request(bo.id), clock.now());
      await expect(records.insert(team(), clock.now())).rejects.toMatchObject({
        message: expect.stringContaining(`${bo.name} has`) as string,
      });
    });

    it('keeps status updates in order, and samples of the service where they differ', async () => {
      const records = new AttemptRecords(store.db);
      const incidents = new IncidentRecords(store.db);
      const move = request((await addPerson(store)).id);
      await records.insert(move, clock.now());
      const { id } = move.attempt;
      const told = { kind: 'update', audience: 'users', text: 'x', impact: 'y', scope: '', nextAtMs: 9, corrects: null } as const;
      for (const atMs of [1, 2])
        await store.db.transaction().execute((tx) => incidents.append(tx, id, { ...told, atMs, byId: move.attempt.personId }));
      expect((await incidents.updates(id)).map(({ seq, atMs, nextAtMs }) => [seq, atMs, nextAtMs])).toEqual([
        [1, 1, 9],
        [2, 2, 9],
      ]);
      const well = (atMs: number): { atMs: number; failing: string[] } => ({ atMs, failing: [] });
      await Promise.all([
        incidents.addSample(id, well(1)),
        incidents.addSample(id, well(2)),
        incidents.addSample(id, { atMs: 3, failing: ['a'] }),
      ]);
      await incidents.addSample(id, { atMs: 4, failing: ['a'] }, true);
      expect((await incidents.samples(id)).map(({ atMs }) => atMs)).toEqual([1, 3, 4]);
      expect(await incidents.fetchRecord(move.attempt, 5)).toBeUndefined();
      const begun = { ...move.attempt, state: 'incident' as const, incidentStartedAtMs: 0 };
      expect(await incidents.fetchRecord(begun, 5)).toMatchObject({
        clock: { startedAtMs: 0, untilMs: 5, isOver: false },
        updates: [{}, {}],
      });
      const grading = { ...begun, state: 'grading' as const, grading: { because: 'asked' as const, requestedAtMs: 4 } };
      expect((await incidents.fetchRecord(grading, 9))?.clock).toMatchObject({ untilMs: 4, isOver: true });
    });

    it('keeps certificates, and the evidence log that they are in holds against them', async () => {
      const url = await databaseUrl();
      await using fresh = await openTestStore(url);
      const [holder, issuer] = [await addPerson(fresh), await addPerson(fresh, 'manager')];
      const evidence = new EvidenceChain();
      const certificates = new CertificateRecords(fresh.db, evidence);
      const keys = await SigningKeys.open({
        db: fresh.db,
        privateKeys: keyFiles(path.join(fresh.dataDir, 'keys')),
        clock,
        log: createLogger('silent'),
      });
      const { id: keyId } = await keys.current();
      const seal = { db: fresh.db, recordings: new StoredRecordings(fresh.db), evidence, clock, log: createLogger('silent') };
      await using seals = new RecordingSeals(seal);
      await seals.sealMissed();
      const places: string[] = [];
      const issue = (newest?: string): ReturnType<CertificateRecords['issue']> =>
        certificates.issue(newest, async (place) => {
          places.push(`${place.list}:${place.index}`);
          // The second one is told the first one's place, once.
          const index = places.length === 2 ? Number(places[0]?.split(':')[1]) : place.index;
          return Promise.resolve(plainCertificate({ holder, issuer, keyId, list: place.list, index, nowMs: clock.now() }));
        });
      const issued = async (newest?: string): Promise<CertificateRow> => {
        const row = await issue(newest);
        if (row === undefined) throw new Error('It was not issued.');
        return row;
      };
      const first = await issued();
      expect(await issue()).toBeUndefined();
      places.length = 1;
      const second = await issued(first.id);
      expect([places.length, second.status_index === first.status_index]).toEqual([3, false]);
      const revoke = (): Promise<boolean> =>
        certificates.revoke(first, { byId: issuer.id, reason: 'It was not theirs.', atMs: clock.now() });
      expect(await Promise.all([revoke(), revoke()])).toEqual([true, false]);
      expect(await certificates.listRevoked(1)).toEqual([first.status_index]);
      expect(await certificates.find(first.id)).toMatchObject({ revoked_by: issuer.id, valid_until_ms: clock.now() + 1000 });
      expect((await certificates.list(holder.id)).map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
      expect((await certificates.countByKey()).get(keyId)).toBe(2);
      const facts = new FactFinder({ db: fresh.db, drills: new FakeDrills(), clock, labTitle: (slug) => slug, definitions: [] });
      expect((await facts.find(holder.id)).certificates.map(({ state }) => state).sort()).toEqual(['revoked', 'valid']);
      const verify = async (): Promise<number> =>
        runEvidenceCommand(['verify', '--data', fresh.dataDir, ...(url === undefined ? [] : ['--database', url])], {}, silentOutput);
      expect(await verify()).toBe(0);
      await fresh.db.updateTable('certificates').set({ revoked_at_ms: null }).where('id', '=', first.id).execute();
      expect(await verify()).toBe(1);
    });

    it('anchors an evidence log that is older than its anchor', async () => {
      await using older = await openTestStore(await databaseUrl());
      const evidence = new EvidenceChain();
      const append = (kind: string): Promise<string> =>
        evidence.exclusive(() =>
          older.db.transaction().execute((tx) => evidence.append(tx, { attemptId: 'at_1', kind, atMs: 1, payload: {} })),
        );
      await append('verdict');
      const newest = await append('override');
      for (const table of ['certificates', 'improvements', 'appeals', 'signing_keys']) await older.db.schema.dropTable(table).execute();
      await older.db.deleteFrom('settings').where('key', '=', 'evidence-head').execute();
      expect(await verifyChain(older.db)).toMatchObject({ intact: false, fault: 'beyond its anchor' });
      await certificatesMigration.up(older.db);
      expect(await verifyChain(older.db)).toEqual({ intact: true, rows: 2, head: `2:${newest}` });
    });

    it('reads verdicts and regrades out of the chain once each, and again when they were forgotten', async () => {
      await using fresh = await openTestStore(await databaseUrl());
      const evidence = new EvidenceChain();
      const append = (kind: string, payload: unknown): Promise<string> =>
        evidence.exclusive(() =>
          fresh.db.transaction().execute((tx) => evidence.append(tx, { attemptId: 'at_1', kind, atMs: 1, payload })),
        );
      const card = { outcome: 'failed', score: 50, checks: [{ ...checkResult('auth', 'fail'), dimension: 'security-governance' }] };
      const verdict = { lab: fakeLab, injection: { fault: 'bad-image' }, variant: { fault: 'x' }, scorecard: card };
      for (let n = 0; n < 25; n += 1) await append(n === 0 ? 'verdict' : 'override', n === 0 ? verdict : {});
      await append('verdict', { from: 'another version' });
      const gradings = new GradingRecords(fresh.db);
      const [first] = await Promise.all([gradings.list(), gradings.list()]);
      expect(first.get('at_1')).toMatchObject([
        { kind: 'verdict', fault: 'bad-image', checks: [{ id: 'auth', outcome: 'fail' }], tries: [] },
      ]);
      await append('regrade', { corrections: { auth: 'pass' } });
      expect((await gradings.list(['at_1'])).get('at_1')?.map(({ kind }) => kind)).toEqual(['verdict', 'regrade']);
      await fresh.db.deleteFrom('gradings').execute();
      expect((await gradings.list()).get('at_1')).toHaveLength(2);
      expect([...(await gradings.list(['at_2'])), ...(await gradings.list([]))]).toEqual([]);
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

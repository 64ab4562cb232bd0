import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DrillMove } from '../contract/drills.ts';
import { verifyEvidence } from '../evidence/verify-evidence.ts';
import { createLogger } from '../log.ts';
import { openStore, type Store } from '../store/store.ts';
import { ask } from '../testing/client.ts';
import { DrillRoom, MINUTE_MS, type Person } from '../testing/drill-room.ts';
import { eventually } from '../testing/eventually.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
let room: DrillRoom;
let fay: Person;

beforeEach(async () => {
  const clock = new ManualClock();
  server = await TestServer.start({ clock });
  room = await DrillRoom.open(server, clock);
  ({ fay } = room);
});
afterEach(async () => {
  room.close();
  await server[Symbol.asyncDispose]();
});

describe('a role that changes hands', () => {
  const memberIn = async (who: Person, id: string): Promise<string | undefined> => {
    const { members } = await room.read(fay, id);
    return members.flatMap(({ person, role, presence }) => (person.id === who.id ? [`${role} ${presence}`] : []))[0];
  };

  it('shows who left as away, and gives the role to somebody who is in the room already', async () => {
    const ivo = await room.invite('Ivo', 'instructor');
    const { id, cara } = await room.schedule();
    await room.move(fay, id, { move: 'start' });
    await ask(await room.connect(cara), 'drill:watch', { drillId: id });
    await eventually('Cara', async () => (await memberIn(cara, id)) === 'commander here');
    expect(await room.refused(fay, id, { move: 'give-role', personId: ivo.id, role: 'commander' })).toContain(
      'Cara is incident commander and is here',
    );
    await ask(await room.connect(ivo), 'drill:watch', { drillId: id });
    await room.move(cara, id, { move: 'leave' });
    expect(await memberIn(cara, id)).toBe('commander away');
    await room.move(fay, id, { move: 'give-role', personId: ivo.id, role: 'commander' });
    await eventually('Ivo', async () => (await memberIn(ivo, id)) === 'commander here');
    expect(await memberIn(cara, id)).toBeUndefined();
    expect((await cara.client.refused('GET', `/api/drills/${id}`)).error.code).toBe('NotFound');
  });
});

describe('two who run it at once', () => {
  it('are told when the other was faster, and may then do it all the same', async () => {
    const ivo = await room.invite('Ivo', 'instructor');
    const { id, eve } = await room.schedule([{ personId: ivo.id, role: 'controller' }]);
    const { revision } = await room.move(fay, id, { move: 'start' });
    const edit = (text: string): DrillMove => ({ move: 'edit', inject: 5, subject: 'Ten calls', text });
    await room.move(eve, id, { move: 'suppose', text: 'The toner.' });
    await room.move(ivo, id, edit('No paper comes out.'), revision);
    expect(await room.refused(fay, id, edit('Nothing prints.'), revision)).toBe(
      'Conflict: Ivo was faster. Inject 5 was changed. Ten calls',
    );
    await room.move(fay, id, { move: 'jump', toMs: MINUTE_MS, between: 'fire' }, revision);
    expect(await room.refused(ivo, id, { move: 'jump', toMs: 4 * MINUTE_MS, between: 'skip' }, revision)).toContain(
      'The clock was moved to minute 1.',
    );
    const list = (await room.move(fay, id, edit('Nothing prints.'))).exercise?.list ?? [];
    expect(list.find(({ number }) => number === 5)?.text).toBe('Nothing prints.');
  });
});

describe('evidence', () => {
  /** With the server away, as whoever looks after the data does. */
  const withStore = async <T>(work: (db: Store['db']) => Promise<T>): Promise<T> => {
    await server.stop();
    await using store = await openStore({
      dataDir: server.dataDir,
      databaseUrl: undefined,
      log: createLogger('silent'),
      onLockLost: () => undefined,
    });
    return await work(store.db);
  };

  it('is an entry of each drill that ended and of each judgement, and certificates count from it', async () => {
    const { id, cara, eve } = await room.schedule();
    const { drills } = server.running.services;
    await room.move(fay, id, { move: 'start' });
    await ask(await room.connect(cara), 'drill:watch', { drillId: id });
    await room.pass(id, 2, 2);
    await room.move(fay, id, { move: 'end' });
    await room.move(fay, id, { move: 'rate-objective', objective: 'notice', rating: 'performed', comment: '' });
    expect(await drills.listEnded(cara.id)).toMatchObject([{ drillId: id, title: 'The printer is on fire', role: 'commander' }]);
    // Eve never came.
    expect(await drills.listEnded(eve.id)).toEqual([]);
    await withStore(async (db) => {
      expect(await verifyEvidence({ db, recordings: undefined })).toMatchObject({ entries: 2, problems: [] });
      const entries = db.updateTable('drill_entries').where('drill_id', '=', id);
      const better = { kind: 'objective-rated', objective: 'notice', rating: 'unable', comment: '' };
      await entries
        .set({ document: JSON.stringify(better) })
        .where('document', 'like', '%objective-rated%')
        .execute();
      await entries.set({ at_ms: 1 }).where('seq', '=', 3).execute();
      expect((await verifyEvidence({ db, recordings: undefined })).problems).toEqual([
        `The record of drill ${id} differs from entry 1.`,
        `The judgement of drill of ${id} differs from entry 2, or is gone.`,
      ]);
    });
  });

  it('of a drill whose incident never began is no evidence of having led it', async () => {
    const { id, cara } = await room.schedule();
    await room.move(fay, id, { move: 'start' });
    await ask(await room.connect(cara), 'drill:watch', { drillId: id });
    await eventually('Cara', async () => (await room.read(fay, id)).members.some(({ presence }) => presence === 'here'));
    await room.move(fay, id, { move: 'end' });
    expect(await server.running.services.drills.listEnded(cara.id)).toEqual([]);
  });

  it('has the address of who moved in the audit log', async () => {
    const { id } = await room.schedule();
    await room.move(fay, id, { move: 'start' });
    const { entries } = await server.running.services.audit.list({ limit: 20, action: 'drill.' });
    expect(entries.map(({ action, address }) => `${action} ${address ?? 'nowhere'}`)).toEqual([
      expect.stringMatching(/^drill\.start .*127\.0\.0\.1$/),
      expect.stringMatching(/^drill\.scheduled .*127\.0\.0\.1$/),
    ]);
  });
});

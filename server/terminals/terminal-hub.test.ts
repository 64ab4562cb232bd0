import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AttemptRecords } from '../attempts/attempt-records.ts';
import { soloMembers } from '../attempts/team.ts';
import { systemClock } from '../clock.ts';
import { newId } from '../ids.ts';
import { createLogger } from '../log.ts';
import type { Store } from '../store/store.ts';
import { eventually } from '../testing/eventually.ts';
import { FakeNetwork } from '../testing/fake-replicas.ts';
import { FakeScreen } from '../testing/fake-screen.ts';
import { FakeShells, type FakeShell } from '../testing/fake-shells.ts';
import { requestedAttempt } from '../testing/attempts.ts';
import { addPerson, openTestStore } from '../testing/test-store.ts';
import { StoredRecordings } from './stored-recordings.ts';
import { TerminalHub } from './terminal-hub.ts';
import { topics } from './terminal-messages.ts';
import { WINDOW_BYTES } from './viewer.ts';

const SIZE = { columns: 80, rows: 24 };
const log = createLogger('silent');

/** Servers on one database, one ground of shells and a network in memory; the first holds the attempt. */
class Ground {
  readonly network = new FakeNetwork();
  readonly shells = new FakeShells();
  readonly hubs = new Map<string, TerminalHub>();
  readonly store: Store & { readonly dataDir: string };
  readonly attemptId: string;

  constructor(store: Store & { readonly dataDir: string }, attemptId: string) {
    this.store = store;
    this.attemptId = attemptId;
    for (const id of ['a', 'b', 'c']) this.start(id);
  }

  start(id: string, clock = systemClock): TerminalHub {
    const hub = new TerminalHub({
      db: this.store.db,
      recordings: new StoredRecordings(this.store.db),
      connector: this.shells,
      clock,
      log,
      onChanged: () => undefined,
      replicas: this.network.join(id),
    });
    this.hubs.set(id, hub);
    return hub;
  }

  hub(id: string): TerminalHub {
    const hub = this.hubs.get(id);
    if (hub === undefined) throw new Error(`There is no server ${id}.`);
    return hub;
  }

  /** As the supervisor does it. */
  async hold(id: string): Promise<void> {
    if (!this.network.take(`attempt/${this.attemptId}`, id)) throw new Error('Another server holds the attempt.');
    await this.hub(id).setHeld(this.attemptId, true);
  }

  async look(id: string, terminalId: string, access: 'write' | 'observe' = 'write', fromSeq = 0): Promise<FakeScreen> {
    const screen = new FakeScreen();
    screen.drawsAtOnce = true;
    screen.attachment = await this.hub(id).attach({ attemptId: this.attemptId, terminalId }, { access, fromSeq, size: SIZE }, screen);
    screen.seq = screen.attachment.seq;
    screen.attachment.begin();
    return screen;
  }

  shell(count: number): Promise<FakeShell> {
    return eventually(`shell ${count}`, () => this.shells.opened[count - 1]);
  }

  /** What was said so far is in the database. */
  async stored(text: string): Promise<void> {
    await eventually('it is stored', async () => {
      const rows = await this.store.db.selectFrom('recording_chunks').select('text').execute();
      return rows
        .map((row) => row.text)
        .join('')
        .includes(text);
    });
  }
}

let ground: Ground;
beforeEach(async () => {
  const store = await openTestStore();
  const { id: personId } = await addPerson(store);
  const attempt = { ...requestedAttempt(), personId, members: soloMembers(personId, 0) };
  await new AttemptRecords(store.db).insert({ attempt, journal: [] }, 0);
  ground = new Ground(store, attempt.id);
  await ground.hold('a');
});
afterEach(async () => {
  for (const hub of ground.hubs.values()) await hub[Symbol.asyncDispose]();
  await ground.store[Symbol.asyncDispose]();
});

const type = (screen: FakeScreen, text: string): void => screen.attachment?.write(Buffer.from(text));
const shows = (screen: FakeScreen, text: string): Promise<boolean> => eventually(`“${text}”`, () => screen.text === text);

describe('a terminal of another server', () => {
  it('is made, seen, typed into in order, resized and closed from here', async () => {
    const b = ground.hub('b');
    const { id } = await b.create(ground.attemptId);
    expect((await ground.hub('c').list(ground.attemptId)).map((view) => view.id)).toEqual([id]);
    const [writer, observer] = [await ground.look('b', id), await ground.look('c', id, 'observe')];
    const shell = await ground.shell(1);
    for (const key of 'kubectl get pods') type(writer, key);
    shell.say('$ ');
    await eventually('the keys', () => shell.typedText === 'kubectl get pods');
    writer.attachment?.resize({ columns: 120, rows: 40 });
    await eventually('the size', () => shell.sizes.at(-1)?.columns === 120 && observer.news.includes('resized 120x40'));
    await Promise.all([writer, observer].map((screen) => shows(screen, '$ ')));
    const activity = (await b.activity([ground.attemptId])).get(ground.attemptId);
    expect(activity).toMatchObject({ lastLines: ['$'], lastInputMs: expect.any(Number) as number });
    expect(await b.attemptOf(id)).toBe(ground.attemptId);
    await b.close(ground.attemptId, id);
    await eventually('the end', () => [writer, observer].every(({ news }) => news.includes('ended: The terminal was closed.')));
    await eventually('it is listed no more', async () => (await ground.hub('c').list(ground.attemptId)).length === 0);
    await expect(b.attemptOf(id)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(ground.look('b', id)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(b.close(ground.attemptId, newId('terminal'))).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('refuses input that its shell does not take, and says when keys were lost on the way', async () => {
    const { id } = await ground.hub('a').create(ground.attemptId);
    const screen = await ground.look('b', id);
    const shell = await ground.shell(1);
    shell.queuedBytes = 1_000_000;
    type(screen, 'x');
    await eventually('the refusal', () => screen.news.at(-1) === 'refused: PayloadTooLarge');
    shell.queuedBytes = 0;
    ground.network.dropped.add(topics.said);
    type(screen, 'lost');
    ground.network.dropped.clear();
    type(screen, 'after');
    type(screen, 'wards');
    await eventually('the word', () => screen.news.at(-1) === 'refused: Unavailable');
    await eventually('the rest', () => shell.typedText === 'wards');
  });

  it('holds its shell for a page that does not draw, and sends no more than its window', async () => {
    const { id } = await ground.hub('a').create(ground.attemptId);
    const screen = await ground.look('b', id);
    screen.drawsAtOnce = false;
    const shell = await ground.shell(1);
    const flood = Buffer.alloc(64 * 1024, 'y');
    let said = 0;
    await eventually('the shell held', () => {
      if (!shell.paused) {
        shell.say(flood);
        said += flood.length;
      }
      return shell.paused;
    });
    await eventually('a window', () => screen.received >= WINDOW_BYTES);
    expect(screen.received).toBeLessThan(WINDOW_BYTES + 64 * 1024);
    screen.drawsAtOnce = true;
    screen.drawAll();
    await eventually('the rest', () => screen.received === said && !shell.paused);
    expect(screen.news).toEqual([]);
  });

  it('is not held up by the pages of a server that died, or by who left', async () => {
    const { id } = await ground.hub('a').create(ground.attemptId);
    const [dead, left] = [await ground.look('b', id), await ground.look('c', id)];
    for (const screen of [dead, left]) screen.drawsAtOnce = false;
    const shell = await ground.shell(1);
    await eventually('the shell held', () => {
      if (!shell.paused) shell.say(Buffer.alloc(64 * 1024, 'y'));
      return shell.paused;
    });
    ground.network.kill('b');
    expect(shell.paused).toBe(true);
    left.attachment?.[Symbol.dispose]();
    await eventually('it goes on', () => !shell.paused);
  });

  it('shows what was lost between the servers as soon as they are together again', async () => {
    const { id } = await ground.hub('a').create(ground.attemptId);
    const screen = await ground.look('b', id);
    const shell = await ground.shell(1);
    shell.say('one ');
    await shows(screen, 'one ');
    ground.network.dropped.add(topics.told);
    shell.say('two ');
    await ground.stored('two');
    ground.network.dropped.clear();
    shell.say('three');
    await shows(screen, 'one two three');
    ground.network.dropped.add(topics.told);
    shell.say(' four');
    await ground.stored('four');
    ground.network.dropped.clear();
    ground.network.member('a')?.tellRejoined();
    await shows(screen, 'one two three four');
    type(screen, 'x');
    await eventually('the key', () => shell.typedText === 'x');
    expect(ground.shells.opened).toHaveLength(1);
  });
});

describe('when the server that runs a terminal', () => {
  it('dies, another one goes on: with the replay and nothing twice for who saw no more than was stored', async () => {
    const { id } = await ground.hub('a').create(ground.attemptId);
    const screen = await ground.look('b', id);
    (await ground.shell(1)).say('before ');
    await shows(screen, 'before ');
    await ground.stored('before');
    ground.network.kill('a');
    expect(screen.news).toHaveLength(1);
    expect(() => type(screen, 'x')).toThrow(expect.objectContaining({ code: 'Unavailable' }));
    await ground.hold('c');
    await eventually('it is back', () => screen.news.at(-1) === 'back');
    const shell = await ground.shell(2);
    shell.say('after');
    type(screen, 'ls');
    await shows(screen, 'before after');
    await eventually('the keys', () => shell.typedText === 'ls');
    expect(screen.news).toEqual([expect.stringMatching(/^lost/), 'back']);
    const elsewhere = await ground.look('b', id, 'write', screen.seq);
    shell.say('!');
    await shows(elsewhere, '!');
    expect(elsewhere.attachment).toMatchObject({ restarted: false });
  });

  it('dies with what it had shown and not stored, the screen begins anew from what was', async () => {
    const { id } = await ground.hub('a').create(ground.attemptId);
    const screen = await ground.look('b', id);
    const first = await ground.shell(1);
    first.say('stored ');
    await ground.stored('stored');
    await shows(screen, 'stored ');
    await ground.store.db.schema.alterTable('recording_writers').renameTo('away').execute();
    first.say('shown only');
    await shows(screen, 'stored shown only');
    const shownSeq = screen.seq;
    ground.network.kill('a');
    await ground.store.db.schema.alterTable('away').renameTo('recording_writers').execute();
    await ground.hold('b');
    await eventually('it is back', () => screen.news.at(-1) === 'back');
    const second = await ground.shell(2);
    second.say('and on, for longer than what was lost');
    await shows(screen, 'stored and on, for longer than what was lost');
    const late = await ground.look('c', id, 'write', shownSeq);
    expect(late.attachment?.restarted).toBe(true);
    await shows(late, 'stored and on, for longer than what was lost');
  });

  it('hands over in order, nothing that was shown is lost, on either side', async () => {
    const { id } = await ground.hub('a').create(ground.attemptId);
    const [own, away] = [await ground.look('a', id), await ground.look('b', id, 'observe')];
    (await ground.shell(1)).say('just now ');
    await Promise.all([own, away].map((screen) => shows(screen, 'just now ')));
    await ground.hub('a').setHeld(ground.attemptId, false);
    expect(ground.shells.opened[0]?.closed).toBe(true);
    ground.network.release(`attempt/${ground.attemptId}`, 'a');
    await ground.hold('b');
    (await ground.shell(2)).say('and then');
    await Promise.all([own, away].map((screen) => shows(screen, 'just now and then')));
    expect([own.news, away.news].map((news) => news.join())).toEqual([
      expect.stringMatching(/^lost[^,]*,back$/),
      expect.stringMatching(/^lost[^,]*,back$/),
    ]);
    expect(ground.shells.ended).toEqual([]);
  });

  it('is cut off, it lets go, its own pages move, and it adds nothing to the recording any more', async () => {
    const { id } = await ground.hub('a').create(ground.attemptId);
    const own = await ground.look('a', id);
    const first = await ground.shell(1);
    first.say('one ');
    await ground.stored('one');
    ground.network.cut('a');
    await eventually('it is lost', () => own.news.length === 1 && first.closed);
    await ground.hold('b');
    first.say('nobody sees this');
    (await ground.shell(2)).say('two');
    await ground.stored('two');
    ground.network.heal('a');
    await shows(own, 'one two');
    const rows = await ground.store.db.selectFrom('recording_chunks').select('text').execute();
    expect(rows.map(({ text }) => text).join('')).not.toContain('nobody');
  });

  it('is not the one that holds the attempt, it lets go as soon as the holder records', async () => {
    const { id } = await ground.hub('a').create(ground.attemptId);
    const own = await ground.look('a', id);
    const first = await ground.shell(1);
    // As if this server had not noticed that its lease went.
    ground.network.release(`attempt/${ground.attemptId}`, 'a');
    await ground.hold('b');
    const second = await ground.shell(2);
    first.say('unheard ');
    await eventually('it lets go', () => first.closed);
    second.say('heard');
    await eventually('its page moved', () => own.text.endsWith('heard') && own.news.at(-1) === 'back');
    expect(ground.shells.opened).toHaveLength(2);
  });

  it('is gone and nobody takes over, commands and pages say so in time, and the end of the attempt is told', async () => {
    const { id } = await ground.hub('a').create(ground.attemptId);
    const screen = await ground.look('b', id);
    ground.network.kill('a');
    const hurried = ground.start('d', { now: () => Date.now(), after: (_delayMs, callback) => systemClock.after(1, callback) });
    await expect(hurried.create(ground.attemptId)).rejects.toMatchObject({ code: 'Unavailable' });
    const sight = { access: 'write', fromSeq: 0, size: SIZE } as const;
    const late = hurried.attach({ attemptId: ground.attemptId, terminalId: id }, sight, new FakeScreen());
    await expect(late).rejects.toMatchObject({ code: 'Unavailable' });
    await ground.hub('b').endAll(ground.attemptId, 'The attempt has ended.');
    expect(screen.news.at(-1)).toBe('ended: The attempt has ended.');
    expect(() => type(screen, 'x')).toThrow(expect.objectContaining({ code: 'NotFound' }));
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import { eventually } from '../testing/eventually.ts';
import { FakeScreen } from '../testing/fake-screen.ts';
import { FakeShells } from '../testing/fake-shells.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { FileRecordings } from './file-recordings.ts';
import { Recorder } from './recorder.ts';
import { RING_BYTES } from './recording-store.ts';
import { planReplay, Terminal } from './terminal.ts';
import { WINDOW_BYTES } from './viewer.ts';

const SIZE = { columns: 80, rows: 24 };
const KEY = { attemptId: 'at_1', terminalId: 'tm_1' };
let folder: string;
let clock: ManualClock;
let shells: FakeShells;
let terminal: Terminal;
let exits: number;

async function openTerminal(): Promise<Terminal> {
  const log = createLogger('silent');
  const { recorder, ring } = await Recorder.open({
    store: new FileRecordings(folder),
    terminalId: KEY.terminalId,
    title: 'Terminal 1',
    startedAtMs: clock.now(),
    size: SIZE,
    clock,
    log,
    onReplaced: () => undefined,
  });
  return new Terminal({
    key: KEY,
    title: 'Terminal 1',
    size: SIZE,
    ring,
    recorder,
    connector: shells,
    clock,
    log,
    onExited: () => (exits += 1),
    onResized: () => undefined,
  });
}

function look(access: 'write' | 'observe', fromSeq = 0, size = SIZE): FakeScreen {
  const screen = new FakeScreen();
  screen.attachment = terminal.attach(access, fromSeq, size, screen);
  screen.attachment.begin();
  return screen;
}

const shell = async (count = 1): Promise<FakeShells['opened'][number]> => eventually('a shell', () => shells.opened[count - 1]);
const flood = Buffer.alloc(64 * 1024, 'y\n');

/** What buffers hold once what nobody holds is gone. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-terminal-'));
  clock = new ManualClock();
  shells = new FakeShells();
  exits = 0;
  terminal = await openTerminal();
});
afterEach(async () => {
  await terminal[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('output', () => {
  it('is sent at once when idle and gathered for 8 ms or 32 KB under load', async () => {
    const screen = look('write');
    const source = await shell();
    source.say('a');
    expect(screen.messages).toHaveLength(1);
    source.say('b');
    source.say('c');
    expect(screen.messages).toHaveLength(1);
    clock.advance(8);
    expect(screen.messages).toEqual([
      { seq: 0, length: 1 },
      { seq: 1, length: 2 },
    ]);
    source.say('d');
    source.say(Buffer.alloc(40_000));
    expect(screen.received).toBe(40_004);
    expect(Math.max(...screen.messages.map((message) => message.length))).toBeLessThanOrEqual(32 * 1024);
  });

  it('does not gather the echo of a key, however fast one types', async () => {
    const screen = look('write');
    const source = await shell();
    for (const key of ['a', 'b', 'c']) {
      terminal.write(Buffer.from(key));
      source.say(key);
    }
    expect(screen.messages.map(({ seq }) => seq)).toEqual([0, 1, 2]);
  });

  it('reaches every viewer byte for byte, split anywhere', async () => {
    const owner = look('write');
    const observer = look('observe');
    const source = await shell();
    const word = Buffer.from('grüße 🚒\r\n');
    for (const byte of word) source.say(Buffer.of(byte));
    clock.advance(8);
    expect(owner.shown).toEqual(word);
    expect(observer.shown).toEqual(word);
  });
});

describe('flow control', () => {
  it('holds the shell at five unacknowledged windows of the owner and lets it go below two, losing nothing', async () => {
    const owner = look('write');
    const source = await shell();
    let sent = 0;
    while (!source.paused) {
      source.say(flood);
      sent += flood.length;
      if (sent > 2 * WINDOW_BYTES) throw new Error('The shell is not held.');
    }
    // What was under way when it was paused.
    source.say(flood);
    sent += flood.length;
    clock.advance(8);
    expect(owner.received).toBeLessThan(WINDOW_BYTES + 32 * 1024);
    owner.attachment?.acknowledge(owner.seq - 300_000);
    expect(source.paused).toBe(true);
    owner.drawAll();
    expect(source.paused).toBe(false);
    owner.drawAll();
    expect(owner.received).toBe(sent);
    expect(owner.news).toEqual([]);
  });

  it('sends all of a message that is longer than what it keeps', async () => {
    const owner = look('write');
    const source = await shell();
    source.say('y'.repeat(RING_BYTES + 100_000));
    clock.advance(8);
    expect(owner.received).toBe(RING_BYTES + 100_000);
    expect(owner.news).toEqual([]);
  });

  it('lets a flood of 200 MB pass through bounded memory', async () => {
    const owner = look('write');
    const source = await shell();
    const before = heldBytes();
    for (let round = 0; round < 3_000; round += 1) {
      source.say(flood);
      owner.drawAll();
    }
    clock.advance(1_000);
    owner.drawAll();
    expect(owner.received).toBe(3_000 * flood.length);
    expect(heldBytes() - before).toBeLessThan(20_000_000);
  });

  it('does not let an observer hold the shell: it falls behind and is resynchronised', async () => {
    const owner = look('write');
    const observer = look('observe');
    const source = await shell();
    for (let round = 0; round < 40; round += 1) {
      source.say(flood);
      owner.drawAll();
    }
    clock.advance(8);
    owner.drawAll();
    expect(source.paused).toBe(false);
    expect(owner.received).toBe(40 * flood.length);
    expect(observer.received).toBeLessThan(WINDOW_BYTES + 32 * 1024);
    observer.drawAll();
    expect(observer.news).toEqual([`resync ${40 * flood.length - RING_BYTES}`]);
    expect(observer.seq).toBe(40 * flood.length);
  });

  it('runs freely when no owner looks, and goes on when the one who held it leaves', async () => {
    const observer = look('observe');
    const source = await shell();
    for (let round = 0; round < 20; round += 1) source.say(flood);
    expect(source.paused).toBe(false);
    const owner = look('write', 20 * flood.length);
    while (!source.paused) source.say(flood);
    owner.attachment?.[Symbol.dispose]();
    expect(source.paused).toBe(false);
    expect(observer.received).toBeGreaterThan(0);
  });

  it("goes by the fastest of the owner's pages", async () => {
    const awake = look('write');
    const asleep = look('write');
    const source = await shell();
    for (let round = 0; round < 20; round += 1) {
      source.say(flood);
      awake.drawAll();
    }
    clock.advance(8);
    expect(source.paused).toBe(false);
    asleep.drawAll();
    expect(asleep.news[0]).toMatch(/^resync/);
  });

  it('takes acknowledgements of what was never sent for nothing', async () => {
    const owner = look('write');
    const source = await shell();
    owner.attachment?.acknowledge(Number.MAX_SAFE_INTEGER);
    let sent = 0;
    while (!source.paused && sent < 5 * WINDOW_BYTES) {
      source.say(flood);
      sent += flood.length;
    }
    expect(source.paused).toBe(true);
  });
});

describe('where a viewer goes on', () => {
  const renumbered = { formerEndSeq: 500, by: 10_000 };
  it.each([
    ['has everything', 900, { start: 100, end: 900 }, undefined, { seq: 900, restarted: false }],
    ['missed what is kept', 100, { start: 100, end: 900 }, undefined, { seq: 100, restarted: false }],
    ['missed more than is kept', 99, { start: 100, end: 900 }, undefined, { seq: 100, restarted: true }],
    ['is new', 0, { start: 100, end: 900 }, undefined, { seq: 100, restarted: false }],
    ['knows more than anybody', 901, { start: 100, end: 900 }, undefined, { seq: 100, restarted: true }],
    ['has all that the server before stored', 500, { start: 10_100, end: 10_700 }, renumbered, { seq: 10_500, restarted: false }],
    ['has less than that', 200, { start: 10_100, end: 10_700 }, renumbered, { seq: 10_200, restarted: false }],
    ['was shown more than that', 501, { start: 10_100, end: 10_700 }, renumbered, { seq: 10_100, restarted: true }],
    ['was here already', 10_600, { start: 10_100, end: 10_700 }, renumbered, { seq: 10_600, restarted: false }],
  ] as const)('who %s', (_who, fromSeq, ring, moved, plan) => {
    expect(planReplay(fromSeq, ring, moved)).toEqual(plan);
  });
});

describe('coming back', () => {
  it('replays exactly what was missed', async () => {
    const first = look('write');
    const source = await shell();
    source.say('seen ');
    first.attachment?.[Symbol.dispose]();
    source.say('missed');
    const again = look('write', 5);
    expect(again.attachment).toMatchObject({ seq: 5, restarted: false });
    expect(again.shown.toString()).toBe('missed');
  });

  it('starts over when the gap is larger than what is kept', async () => {
    const source = await startShell();
    for (let round = 0; round < 8; round += 1) source.say(flood);
    const again = look('write', 10);
    expect(again.attachment).toMatchObject({ seq: 8 * flood.length - RING_BYTES, restarted: true });
    expect(again.received).toBe(RING_BYTES);
  });

  it('starts over when the page knows more than a restarted server', () => {
    expect(look('write', 99).attachment).toMatchObject({ seq: 0, restarted: true });
  });

  it('after a restart of the server replays from the tail on disk, with the same numbers', async () => {
    const source = await startShell();
    source.say(flood);
    source.say('last words');
    clock.advance(50);
    await terminal[Symbol.asyncDispose]();
    terminal = await openTerminal();
    const again = look('write', flood.length);
    expect(again.attachment).toMatchObject({ seq: flood.length, restarted: false });
    expect(again.shown.toString()).toBe('last words');
    (await shell(2)).say('!');
    expect(again.seq).toBe(flood.length + 11);
  });

  async function startShell(): Promise<FakeShells['opened'][number]> {
    terminal.start();
    return shell();
  }
});

describe('the size', () => {
  it("is the writer's: the shell begins with it, changes with it, and observers are told", async () => {
    const observer = look('observe', 0, { columns: 40, rows: 10 });
    const owner = look('write', 0, { columns: 120, rows: 40 });
    const source = await shell();
    expect(source.sizes.at(-1)).toEqual({ columns: 120, rows: 40 });
    terminal.resize({ columns: 100, rows: 30 });
    expect(source.sizes.at(-1)).toEqual({ columns: 100, rows: 30 });
    expect(observer.news).toEqual(['resized 120x40', 'resized 100x30']);
    expect(owner.attachment?.size).toEqual({ columns: 120, rows: 40 });
  });
});

describe('input', () => {
  it('is refused while there is no shell and when the program does not read', async () => {
    expect(() => terminal.write(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'SubstrateUnavailable' }));
    look('write');
    const source = await shell();
    source.queuedBytes = 1_000_000;
    expect(() => terminal.write(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'PayloadTooLarge' }));
    source.queuedBytes = 0;
    terminal.write(Buffer.from('x'));
    expect(source.typedText).toBe('x');
    expect(terminal.lastInputMs).toBe(clock.now());
  });
});

describe('a lost way to the shell', () => {
  it('is told with when it is tried again, and sought until it is found', async () => {
    const owner = look('write');
    const source = await shell();
    shells.failure = 'connection refused';
    source.lose('The connection was lost.');
    await eventually('the failed try', () => owner.news.length === 2);
    expect(owner.news).toEqual(['lost: The connection was lost.', 'lost: connection refused']);
    shells.failure = undefined;
    clock.advance(250);
    await shell(2);
    await eventually('it is back', () => owner.news.at(-1) === 'back');
    terminal.write(Buffer.from('ls'));
    expect(shells.last.typedText).toBe('ls');
  });

  it('is told to who comes meanwhile', async () => {
    shells.failure = 'no such pod';
    terminal.start();
    await eventually('the failed try', () => look('observe').news[0] === 'lost: no such pod');
  });
});

describe('before it goes to another server', () => {
  const settled = async (going: Promise<void>): Promise<boolean> =>
    Promise.race([going.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);

  it('takes no more input and lets the shell finish, but not for ever', async () => {
    const owner = look('write');
    const source = await shell();
    terminal.write(Buffer.from('ls'));
    const going = terminal.quieten(clock);
    expect(() => terminal.write(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'Unavailable' }));
    expect(await settled(going)).toBe(false);
    for (let said = 0; said < 3; said += 1) {
      clock.advance(90);
      source.say('file ');
      expect(await settled(going)).toBe(false);
    }
    clock.advance(100);
    expect(await settled(going)).toBe(true);
    expect(owner.text).toBe('file file file ');
    const again = terminal.quieten(clock);
    expect(await settled(again)).toBe(false);
    for (let said = 0; said < 6; said += 1) {
      source.say('y');
      clock.advance(90);
    }
    expect(await settled(again)).toBe(true);
  });

  it('has the output held, and takes in what a slow viewer left waiting', async () => {
    look('write');
    const source = await shell();
    source.say('x'.repeat(WINDOW_BYTES));
    expect(source.paused).toBe(true);
    const going = terminal.quieten(clock);
    await eventually('it reads again', () => !source.paused);
    expect(shells.held).toEqual([terminal.key]);
    source.say('y'.repeat(WINDOW_BYTES));
    expect(source.paused).toBe(false);
    clock.advance(100);
    await going;
    expect(terminal.newestOutput(2).toString()).toBe('yy');
  });

  it('goes on with its end though the way to the shell is lost meanwhile', async () => {
    look('write');
    const source = await shell();
    const going = terminal.quieten(clock);
    shells.failure = 'no such pod';
    source.lose('the cluster went');
    expect(await settled(going)).toBe(false);
    clock.advance(100);
    await going;
  });

  it('does not wait where nothing is under way and nothing can be held', async () => {
    look('write');
    (await shell()).say('$ ');
    shells.holdFailure = 'no perl';
    clock.advance(3_000);
    expect(await settled(terminal.quieten(clock))).toBe(true);
  });
});

describe('the end', () => {
  it('of the shell is told once, after its last words', async () => {
    const owner = look('write');
    const source = await shell();
    source.say('log');
    source.say('out\r\n');
    source.exit();
    expect(owner.shown.toString()).toBe('logout\r\n');
    expect(owner.news).toEqual(['ended: The shell has ended.']);
    expect(exits).toBe(1);
    expect(look('write').attachment?.ended).toBe(true);
    expect(shells.opened).toHaveLength(1);
  });

  it('of the terminal ends the shell; letting go of it does not', async () => {
    look('write');
    await shell();
    await terminal.end('Closed.');
    expect(shells.ended).toEqual([KEY]);
    terminal = await openTerminal();
    look('write');
    await shell(2);
    await terminal[Symbol.asyncDispose]();
    expect(shells.ended).toHaveLength(1);
    expect(shells.last.closed).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { ApiError } from '../api/api-error.ts';
import type { LinkState } from '../realtime/link.ts';
import { MAX_INPUT_BYTES } from './input-plan.ts';
import { ACK_EVERY_BYTES } from './stream-position.ts';
import { TerminalSession, type TerminalState } from './terminal-session.ts';
import type { TerminalWire } from './terminal-wire.ts';

const ID = 'trm_aaaaaaaaaaaaaaaaaaaa';
const OPENED = { seq: 0, restarted: false, columns: 80, rows: 24, ended: false };

/** A server's end of the wire that the test plays by hand. */
class FakeWire implements TerminalWire {
  state: LinkState = { kind: 'connected' };
  readonly told: { event: string; payload: Record<string, unknown> }[] = [];
  readonly opens: { payload: Record<string, unknown>; answer: (value: unknown) => void; refuse: (error: ApiError) => void }[] = [];
  readonly #handlers = new Map<string, Set<(payload: never) => void>>();
  readonly #watchers = new Set<() => void>();
  readonly #connected = new Set<() => void>();

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
  onConnected(action: () => void): () => void {
    if (this.state.kind === 'connected') action();
    this.#connected.add(action);
    return () => this.#connected.delete(action);
  }
  on<T>(event: string, schema: z.ZodType<T>, handler: (value: T) => void): () => void {
    return this.onRaw(event, (payload) => {
      handler(schema.parse(payload));
    });
  }
  onRaw(event: string, handler: (payload: unknown) => void): () => void {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    return () => handlers.delete(handler);
  }
  call<T>(event: string, payload: object, schema: z.ZodType<T>): Promise<T> {
    expect(event).toBe('terminal:open');
    return new Promise((resolve, reject) => {
      this.opens.push({
        payload: { ...payload },
        answer: (value) => {
          resolve(schema.parse(value));
        },
        refuse: reject,
      });
    });
  }
  tell(event: string, payload: object): boolean {
    if (this.state.kind !== 'connected') return false;
    this.told.push({ event, payload: { ...payload } });
    return true;
  }

  emit(event: string, payload: object): void {
    for (const handler of this.#handlers.get(event) ?? []) handler(payload as never);
  }
  data(seq: number, text: string): void {
    this.emit('terminal:data', { terminalId: ID, seq, data: new TextEncoder().encode(text).buffer });
  }
  become(state: LinkState): void {
    this.state = state;
    for (const watcher of this.#watchers) watcher();
    if (state.kind === 'connected') for (const action of this.#connected) action();
  }
}

class FakeScreen {
  columns = 80;
  rows = 24;
  shown = '';
  clears = 0;
  readonly #pending: (() => void)[] = [];
  readonly #decoder = new TextDecoder();

  write(bytes: Uint8Array, onParsed: () => void): void {
    this.shown += this.#decoder.decode(bytes, { stream: true });
    this.#pending.push(onParsed);
  }
  parseAll(): void {
    for (const parsed of this.#pending.splice(0)) parsed();
  }
  clear(): void {
    this.shown = '';
    this.clears += 1;
  }
  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
  }
}

async function start(access: 'write' | 'observe' = 'write', opened: object | null = OPENED) {
  const wire = new FakeWire();
  const screen = new FakeScreen();
  const states: TerminalState[] = [];
  const refusals: ApiError[] = [];
  const session = new TerminalSession({
    terminalId: ID,
    access,
    wire,
    screen,
    onState: (state) => states.push(state),
    onRefused: (error) => refusals.push(error),
  });
  if (opened !== null) wire.opens[0]!.answer(opened);
  await settle();
  return { wire, screen, states, refusals, session };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('opening', () => {
  it('asks for everything kept, at the size of the screen', async () => {
    const { wire, session } = await start();
    expect(wire.opens[0]?.payload).toEqual({ terminalId: ID, columns: 80, rows: 24, fromSeq: 0, access: 'write' });
    expect(session.state).toEqual({ kind: 'open' });
  });

  it('holds data that overtakes the answer, and loses none of it', async () => {
    const { wire, screen } = await start('write', null);
    wire.data(0, 'early ');
    expect(screen.shown).toBe('');
    wire.opens[0]!.answer(OPENED);
    await settle();
    wire.data(6, 'late');
    expect(screen.shown).toBe('early late');
  });

  it('says why when it is refused, and can be asked again', async () => {
    const { wire, session } = await start('write', null);
    wire.opens[0]!.refuse(new ApiError('NotFound', 'There is no such terminal.'));
    await settle();
    expect(session.state).toMatchObject({ kind: 'refused', error: { code: 'NotFound' } });
    session.reopen();
    wire.opens[1]!.answer(OPENED);
    await settle();
    expect(session.state).toEqual({ kind: 'open' });
  });

  it('shows what an ended shell left behind', async () => {
    const { wire, screen, session } = await start('write', { ...OPENED, ended: true });
    wire.data(0, 'exit\r\n');
    expect(session.state.kind).toBe('ended');
    expect(screen.shown).toBe('exit\r\n');
  });

  it('tells a size that changed while it was opening', async () => {
    const { wire, screen } = await start('write', null);
    screen.resize(120, 40);
    wire.opens[0]!.answer(OPENED);
    await settle();
    expect(wire.told).toContainEqual({ event: 'terminal:resize', payload: { terminalId: ID, columns: 120, rows: 40 } });
  });
});

describe('a lost link', () => {
  it('is shown with its next try, and continues after the last byte shown', async () => {
    const { wire, screen, session } = await start();
    wire.data(0, 'hello ');
    wire.become({ kind: 'lost', reason: 'The link was lost.', retryAtMs: 4_000 });
    expect(session.state).toEqual({ kind: 'lost', what: 'link', reason: 'The link was lost.', retryAtMs: 4_000 });
    wire.become({ kind: 'connected' });
    expect(wire.opens[1]?.payload['fromSeq']).toBe(6);
    wire.opens[1]!.answer({ ...OPENED, seq: 6 });
    await settle();
    wire.data(3, 'lo world');
    expect(screen.shown).toBe('hello world');
    expect(screen.clears).toBe(0);
  });

  it('clears the screen only when bytes in between are gone', async () => {
    const { wire, screen } = await start();
    wire.data(0, 'old');
    wire.become({ kind: 'connected' });
    wire.opens[1]!.answer({ ...OPENED, seq: 900_000, restarted: true });
    await settle();
    wire.data(900_000, 'new');
    expect(screen.shown).toBe('new');
    expect(screen.clears).toBe(1);
  });

  it('goes on under the numbers of another server, and keeps what it shows', async () => {
    const { wire, screen, session } = await start();
    wire.data(0, 'one ');
    wire.emit('terminal:lost', { terminalId: ID, reason: 'Another server takes over.', retryAt: null });
    wire.emit('terminal:back', { terminalId: ID, seq: 5_000_004 });
    expect(session.state).toEqual({ kind: 'open' });
    wire.data(0, 'one ');
    wire.data(5_000_004, 'two ');
    screen.parseAll();
    expect(wire.told).toEqual([]);
    wire.become({ kind: 'connected' });
    expect(wire.opens[1]?.payload['fromSeq']).toBe(5_000_008);
    wire.opens[1]!.answer({ ...OPENED, seq: 9_000_008 });
    await settle();
    wire.data(9_000_008, 'three');
    expect(screen.shown).toBe('one two three');
    expect(screen.clears).toBe(0);
    expect(wire.opens).toHaveLength(2);
  });

  it('asks again when bytes are missing in the middle', async () => {
    const { wire, screen } = await start();
    wire.data(0, 'abc');
    wire.data(5, 'fgh');
    expect(wire.opens[1]?.payload['fromSeq']).toBe(3);
    wire.opens[1]!.answer({ ...OPENED, seq: 3 });
    await settle();
    wire.data(3, 'defgh');
    expect(screen.shown).toBe('abcdefgh');
  });

  it('ignores an answer that comes after a newer question', async () => {
    const { wire, session } = await start('write', null);
    wire.become({ kind: 'connected' });
    wire.opens[1]!.answer(OPENED);
    await settle();
    wire.opens[0]!.refuse(new ApiError('Unreachable', 'late'));
    await settle();
    expect(session.state).toEqual({ kind: 'open' });
  });
});

describe('flow control', () => {
  const block = 'x'.repeat(ACK_EVERY_BYTES / 2);

  it('acknowledges what the screen has worked off, not what has arrived', async () => {
    const { wire, screen } = await start();
    for (let index = 0; index < 3; index += 1) wire.data(index * block.length, block);
    expect(wire.told).toEqual([]);
    screen.parseAll();
    expect(wire.told).toEqual([{ event: 'terminal:ack', payload: { terminalId: ID, seq: ACK_EVERY_BYTES } }]);
  });

  it('does not count what was on a screen that has been cleared', async () => {
    const { wire, screen } = await start('observe');
    wire.data(0, block + block);
    wire.emit('terminal:resync', { terminalId: ID, seq: 5_000_000 });
    screen.parseAll();
    expect(wire.told).toEqual([]);
    wire.data(5_000_000, 'after');
    expect(screen.shown).toBe('after');
  });

  it('owes nothing for what came before a reconnection', async () => {
    const { wire, screen } = await start();
    wire.data(0, block);
    wire.become({ kind: 'connected' });
    wire.opens[1]!.answer({ ...OPENED, seq: block.length });
    await settle();
    wire.data(block.length, block);
    screen.parseAll();
    expect(wire.told).toEqual([]);
  });
});

describe('input', () => {
  it('goes out in pieces that the server takes', async () => {
    const { wire, session } = await start();
    expect(session.input(new Uint8Array(MAX_INPUT_BYTES + 1))).toBe(true);
    expect(wire.told.map(({ payload }) => (payload['data'] as Uint8Array).byteLength)).toEqual([MAX_INPUT_BYTES, 1]);
  });

  it('is refused, and not kept for later, while the link is down', async () => {
    const { wire, session } = await start();
    wire.become({ kind: 'lost', reason: 'gone', retryAtMs: 1 });
    expect(session.input(Uint8Array.of(97))).toBe(false);
    wire.become({ kind: 'connected' });
    wire.opens[1]!.answer(OPENED);
    await settle();
    expect(wire.told).toEqual([]);
  });

  it('of an observer never leaves the page', async () => {
    const { wire, session } = await start('observe');
    expect(session.input(Uint8Array.of(97))).toBe(false);
    session.resized();
    expect(wire.told).toEqual([]);
  });

  it('that the server refuses is reported', async () => {
    const { wire, refusals } = await start();
    wire.emit('terminal:refused', { terminalId: ID, error: { code: 'AttemptNotRunning', message: 'It is over.' } });
    expect(refusals.map((error) => error.message)).toEqual(['It is over.']);
  });
});

describe('what happens to the shell', () => {
  it('is told: lost, back, ended', async () => {
    const { wire, session } = await start();
    wire.emit('terminal:lost', { terminalId: ID, reason: 'The engine is away.', retryAt: '2026-11-21T10:00:00Z' });
    expect(session.state).toEqual({
      kind: 'lost',
      what: 'ground',
      reason: 'The engine is away.',
      retryAtMs: Date.parse('2026-11-21T10:00:00Z'),
    });
    wire.emit('terminal:back', { terminalId: ID });
    expect(session.state).toEqual({ kind: 'open' });
    wire.emit('terminal:ended', { terminalId: ID, reason: 'The sandbox was removed.' });
    expect(session.state).toEqual({ kind: 'ended', reason: 'The sandbox was removed.' });
  });

  it('leaves an ended terminal alone when the link comes back', async () => {
    const { wire, session } = await start();
    wire.emit('terminal:ended', { terminalId: ID, reason: 'over' });
    wire.become({ kind: 'connected' });
    expect(wire.opens).toHaveLength(1);
    expect(session.state.kind).toBe('ended');
  });

  it('gives an observer the size of the owner', async () => {
    const { wire, screen } = await start('observe', { ...OPENED, columns: 132, rows: 50 });
    expect([screen.columns, screen.rows]).toEqual([132, 50]);
    wire.emit('terminal:resized', { terminalId: ID, columns: 60, rows: 20 });
    expect([screen.columns, screen.rows]).toEqual([60, 20]);
  });

  it('is not touched by what other terminals get', async () => {
    const { wire, screen, session } = await start();
    wire.emit('terminal:data', { terminalId: 'trm_bbbbbbbbbbbbbbbbbbbb', seq: 0, data: new Uint8Array([97]).buffer });
    wire.emit('terminal:ended', { terminalId: 'trm_bbbbbbbbbbbbbbbbbbbb', reason: 'x' });
    expect(screen.shown).toBe('');
    expect(session.state).toEqual({ kind: 'open' });
  });
});

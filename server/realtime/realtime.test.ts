import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Socket } from 'socket.io-client';
import { attemptSchema, rosterEntrySchema, terminalSchema, type AttemptView } from '../contract/attempts.ts';
import {
  attemptChangedSchema,
  messageSchema,
  openedTerminalSchema,
  rosterChangedSchema,
  terminalEndedSchema,
  terminalLostSchema,
  terminalRefusedSchema,
  terminalResizeSchema,
  terminalResyncSchema,
} from '../contract/events.ts';
import { z } from 'zod';
import { ask, type Client } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import type { FakeShell } from '../testing/fake-shells.ts';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
const sockets: Socket[] = [];
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await server[Symbol.asyncDispose]();
});

async function connect(client: Client): Promise<Socket> {
  const socket = await client.socket();
  sockets.push(socket);
  return socket;
}

async function begin(client: Client): Promise<AttemptView> {
  const { id } = await client.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint' });
  return eventually('ready', async () => {
    const attempt = await client.call('GET', `/api/attempts/${id}`, attemptSchema);
    return attempt.state === 'ready' && attempt;
  });
}

/** Everything a socket is told about terminals, each checked against the contract. */
class Ear {
  bytes = Buffer.alloc(0);
  readonly events: string[] = [];

  constructor(socket: Socket) {
    socket.on('terminal:data', ({ data }: { data: Buffer }) => (this.bytes = Buffer.concat([this.bytes, data])));
    const schemas = {
      'terminal:resync': terminalResyncSchema,
      'terminal:resized': terminalResizeSchema,
      'terminal:ended': terminalEndedSchema,
      'terminal:lost': terminalLostSchema,
      'terminal:refused': terminalRefusedSchema,
    };
    for (const [name, schema] of Object.entries(schemas)) {
      socket.on(name, (payload: unknown) => {
        const { error } = schema.parse(payload) as { error?: { code: string } };
        this.events.push(error === undefined ? name : `${name} ${error.code}`);
      });
    }
  }
}

async function openTerminal(client: Client, attemptId: string): Promise<{ id: string; socket: Socket; ear: Ear; shell: FakeShell }> {
  const terminal = await client.call('POST', `/api/attempts/${attemptId}/terminals`, terminalSchema);
  const socket = await connect(client);
  const ear = new Ear(socket);
  await ask(socket, 'terminal:open', { terminalId: terminal.id, columns: 80, rows: 24, fromSeq: 0, access: 'write' });
  const shell = await eventually('a shell', () => server.shells.opened.find((candidate) => candidate.key.terminalId === terminal.id));
  return { id: terminal.id, socket, ear, shell };
}

describe('terminals over the wire', () => {
  it('are watched by instructors and managers, who cannot type or resize, and by no other trainee', async () => {
    const trainee = await server.signIn('trainee');
    const { id: attemptId } = await begin(trainee);
    const { id, shell, ear } = await openTerminal(trainee, attemptId);
    shell.say('hello');
    for (const role of ['instructor', 'manager'] as const) {
      const socket = await connect(await server.signIn(role));
      const watching = new Ear(socket);
      const open = { terminalId: id, columns: 40, rows: 10, fromSeq: 0 };
      await expect(ask(socket, 'terminal:open', { ...open, access: 'write' })).rejects.toThrow('ReadOnly');
      const opened = openedTerminalSchema.parse(await ask(socket, 'terminal:open', { ...open, access: 'observe' }));
      expect(opened).toMatchObject({ columns: 80, rows: 24 });
      await eventually('what was said', () => watching.bytes.toString() === 'hello');
      socket.emit('terminal:input', { terminalId: id, data: Buffer.from('rm -rf /') });
      socket.emit('terminal:resize', { terminalId: id, columns: 10, rows: 10 });
      await eventually('two refusals', () => watching.events.length === 2);
      expect(watching.events).toEqual(['terminal:refused ReadOnly', 'terminal:refused ReadOnly']);
    }
    expect(shell.typedText).toBe('');
    expect(shell.sizes).toHaveLength(1);
    expect(ear.events).toEqual([]);

    const admin = await server.signIn('administrator');
    const { link } = await admin.call('POST', '/api/people', z.object({ link: z.string() }), {
      email: 'other@example.com',
      name: 'Other',
      role: 'trainee',
    });
    const other = server.client();
    await other.acceptLink(new URL(link).pathname, { password: 'a long password' });
    const stranger = await connect(other);
    await expect(ask(stranger, 'terminal:open', { terminalId: id, columns: 80, rows: 24, fromSeq: 0, access: 'observe' })).rejects.toThrow(
      'NotFound',
    );
    await expect(ask(stranger, 'attempt:watch', { attemptId })).rejects.toThrow('NotFound');
    expect((await other.refused('GET', `/api/attempts/${attemptId}`)).error.code).toBe('NotFound');
    expect((await other.refused('POST', `/api/attempts/${attemptId}/terminals`)).error.code).toBe('NotFound');
  });

  it('refuse input that is no bytes or too much at once, and go on', async () => {
    const trainee = await server.signIn('trainee');
    const { id, socket, ear, shell } = await openTerminal(trainee, (await begin(trainee)).id);
    socket.emit('terminal:input', { terminalId: id, data: 'text' });
    socket.emit('terminal:input', { terminalId: id, data: Buffer.alloc(65_537) });
    socket.emit('terminal:input', { terminalId: id, data: Buffer.from('ok') });
    await eventually('the good input', () => shell.typedText === 'ok');
    await eventually('two refusals', () => ear.events.length === 2);
    expect(ear.events).toEqual(['terminal:refused InvalidRequest', 'terminal:refused InvalidRequest']);
  });

  it('hold a flood for a page that does not draw, and replay the rest to one that comes back', async () => {
    const trainee = await server.signIn('trainee');
    const { id, socket, ear, shell } = await openTerminal(trainee, (await begin(trainee)).id);
    const chunk = Buffer.alloc(50_000, 'x');
    await eventually('the shell held', () => {
      if (!shell.paused) shell.say(chunk);
      return shell.paused;
    });
    await eventually('what was sent', () => ear.bytes.length >= 500_000);
    socket.emit('terminal:ack', { terminalId: id, seq: ear.bytes.length });
    await eventually('the shell let go', () => !shell.paused);
    socket.close();
    shell.say('while away');
    const again = await connect(trainee);
    const back = new Ear(again);
    const opened = openedTerminalSchema.parse(
      await ask(again, 'terminal:open', { terminalId: id, columns: 80, rows: 24, fromSeq: ear.bytes.length, access: 'write' }),
    );
    expect(opened).toMatchObject({ seq: ear.bytes.length, restarted: false });
    await eventually('what was missed', () => back.bytes.toString().endsWith('while away'));
  });

  it('are limited to six an attempt, and make room when one is closed or its shell ends', async () => {
    const trainee = await server.signIn('trainee');
    const { id: attemptId } = await begin(trainee);
    const create = (): Promise<{ id: string; title: string }> =>
      trainee.call('POST', `/api/attempts/${attemptId}/terminals`, terminalSchema);
    const terminals = await Promise.all(Array.from({ length: 6 }, create));
    expect(terminals.map((terminal) => terminal.title)).toEqual([
      'Terminal 1',
      'Terminal 2',
      'Terminal 3',
      'Terminal 4',
      'Terminal 5',
      'Terminal 6',
    ]);
    expect((await trainee.refused('POST', `/api/attempts/${attemptId}/terminals`)).error.code).toBe('TerminalLimit');
    expect((await trainee.fetch('DELETE', `/api/attempts/${attemptId}/terminals/${terminals[0]!.id}`)).status).toBe(204);
    expect(server.shells.ended).toContainEqual({ attemptId, terminalId: terminals[0]!.id });
    expect((await create()).title).toBe('Terminal 7');
    const { socket, ear, shell } = await (async () => {
      await trainee.fetch('DELETE', `/api/attempts/${attemptId}/terminals/${terminals[1]!.id}`);
      return openTerminal(trainee, attemptId);
    })();
    shell.exit();
    await eventually('the end', () => ear.events.includes('terminal:ended'));
    await eventually(
      'one less',
      async () => (await trainee.call('GET', `/api/attempts/${attemptId}`, attemptSchema)).terminals.length === 5,
    );
    socket.close();
  });

  it('go on after a restart of the server: the same terminal, connected again, with the bytes from before', async () => {
    const trainee = await server.signIn('trainee');
    const { id: attemptId } = await begin(trainee);
    const { id, shell } = await openTerminal(trainee, attemptId);
    shell.say('before the restart\r\n');
    await server.stop();
    expect(server.shells.ended).toEqual([]);
    await server.begin();
    const back = server.client();
    for (const [name, value] of trainee.cookies) back.cookies.set(name, value);
    expect((await back.session()).me).not.toBeNull();
    expect((await back.call('GET', `/api/attempts/${attemptId}`, attemptSchema)).terminals).toMatchObject([{ id, state: 'open' }]);
    const again = await eventually('the shell found again', () => server.shells.opened[1]);
    expect(again.key.terminalId).toBe(id);
    const socket = await connect(back);
    const ear = new Ear(socket);
    await ask(socket, 'terminal:open', { terminalId: id, columns: 80, rows: 24, fromSeq: 0, access: 'write' });
    again.say('after');
    await eventually('both', () => ear.bytes.toString() === 'before the restart\r\nafter');
  });
});

describe('what is told', () => {
  it('changes of an attempt to those who watch it, and no longer when they stop', async () => {
    const trainee = await server.signIn('trainee');
    const { id } = await begin(trainee);
    const instructor = await connect(await server.signIn('instructor'));
    const changes: AttemptView[] = [];
    instructor.on('attempt:changed', (payload: unknown) => changes.push(attemptChangedSchema.parse(payload).attempt));
    await ask(instructor, 'attempt:watch', { attemptId: id });
    await trainee.call('POST', `/api/attempts/${id}/extend`, attemptSchema);
    await eventually('the extension', () => changes.at(-1)?.clock?.extensionsLeft === 1);
    await ask(instructor, 'attempt:unwatch', { attemptId: id });
    const seen = changes.length;
    await trainee.call('POST', `/api/attempts/${id}/extend`, attemptSchema);
    await ask(instructor, 'attempt:unwatch', { attemptId: id });
    expect(changes).toHaveLength(seen);
  });

  it('the roster to instructors, and messages to whom they are meant for', async () => {
    const trainee = await server.signIn('trainee');
    const { id } = await begin(trainee);
    const socket = await connect(trainee);
    const messages: unknown[] = [];
    socket.on('message', (payload: unknown) => messages.push(messageSchema.parse(payload)));
    const instructor = await server.signIn('instructor');
    const watching = await connect(instructor);
    const rosters: unknown[] = [];
    watching.on('roster:changed', (payload: unknown) => rosters.push(rosterChangedSchema.parse(payload)));
    const first = z.strictObject({ attempts: z.array(rosterEntrySchema) }).parse(await ask(watching, 'roster:watch', {}));
    expect(first.attempts).toMatchObject([{ attempt: { id }, connected: true }]);
    await eventually('the roster again', () => rosters.length > 0);
    const delivered = z.strictObject({ delivered: z.number() });
    expect(await instructor.call('POST', '/api/messages', delivered, { text: 'Ten minutes left.' })).toEqual({ delivered: 1 });
    expect(await instructor.call('POST', '/api/messages', delivered, { text: 'Well done.', attemptId: id })).toEqual({ delivered: 1 });
    await eventually('both', () => messages.length === 2);
    expect(messages).toMatchObject([{ from: 'Ines Instructor', text: 'Ten minutes left.' }, { text: 'Well done.' }]);
    socket.close();
    await eventually(
      'nobody there',
      async () => (await instructor.call('POST', '/api/messages', delivered, { text: 'Hello?' })).delivered === 0,
    );
  });

  it('nothing more to who has signed out', async () => {
    const trainee = await server.signIn('trainee');
    const socket = await connect(trainee);
    const reasons: unknown[] = [];
    socket.on('session:ended', (payload: unknown) => reasons.push(payload));
    await trainee.fetch('DELETE', '/api/session');
    await eventually('hung up', () => !socket.connected);
    expect(reasons).toEqual([{ reason: 'You were signed out.' }]);
  });
});

describe('a socket that is not ours to trust', () => {
  it('is answered for nonsense, and never brings the server down', async () => {
    const socket = await connect(await server.signIn('trainee'));
    for (const input of [
      undefined,
      null,
      1,
      'x',
      [],
      { attemptId: 1 },
      { attemptId: 'at_x' },
      { attemptId: 'at_aaaaaaaaaaaaaaaaaaaa', more: 1 },
    ]) {
      await expect(ask(socket, 'attempt:watch', input)).rejects.toThrow('InvalidRequest');
    }
    socket.emit('terminal:input');
    socket.emit('terminal:open', { terminalId: 'x' });
    socket.emit('terminal:ack', { terminalId: 'tm_aaaaaaaaaaaaaaaaaaaa', seq: 5 }, 'not a function');
    socket.emit('nothing:known', {});
    await expect(ask(socket, 'attempt:unwatch', { attemptId: 'at_aaaaaaaaaaaaaaaaaaaa' })).resolves.toEqual({});
  });

  it('is told when it asks too much', async () => {
    const socket = await connect(await server.signIn('trainee'));
    const answers = await Promise.all(
      Array.from({ length: 3_000 }, () =>
        ask(socket, 'attempt:unwatch', { attemptId: 'at_aaaaaaaaaaaaaaaaaaaa' }).then(
          () => 'ok',
          (error: unknown) => String(error),
        ),
      ),
    );
    expect(answers.filter((answer) => answer.includes('TooManyRequests')).length).toBeGreaterThan(100);
    expect(answers.filter((answer) => answer === 'ok').length).toBeGreaterThan(1_000);
  });
});

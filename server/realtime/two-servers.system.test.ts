import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Socket } from 'socket.io-client';
import { z } from 'zod';
import { startPostgres, type PostgresCluster } from '../../test/support/postgres.ts';
import { startRedis } from '../../test/support/redis.ts';
import { TerminalClient } from '../../test/support/terminal-client.ts';
import { runBackupCommand } from '../backup/command.ts';
import { attemptSchema, recordingsSchema, rosterEntrySchema, terminalSchema } from '../contract/attempts.ts';
import {
  attemptPresenceSchema,
  messageSchema,
  openedTerminalSchema,
  serverLeavingSchema,
  terminalBackSchema,
  terminalLostSchema,
} from '../contract/events.ts';
import { runEvidenceCommand } from '../evidence/cli.ts';
import { createLogger } from '../log.ts';
import { ask, type Client } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import type { FakeShell } from '../testing/fake-shells.ts';
import { TestServer } from '../testing/test-server.ts';
import { TwoServers } from '../testing/two-servers.ts';

let postgres: PostgresCluster;
let two: TwoServers;
const sockets: Socket[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await two[Symbol.asyncDispose]();
});

async function connect(client: Client): Promise<Socket> {
  const socket = await client.socket();
  sockets.push(socket);
  return socket;
}

/** An attempt that a holds, with a terminal that was asked for at b. */
async function begin(): Promise<{ id: string; terminalId: string; trainee: { a: Client; b: Client } }> {
  const trainee = await two.signIn('trainee');
  const { id } = await trainee.a.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint' });
  await eventually('ready at the other server', async () => {
    const attempt = await trainee.b.call('GET', `/api/attempts/${id}`, attemptSchema);
    return attempt.state === 'ready' && two.a.running.services.supervisor.isHeld(id);
  });
  const terminal = await trainee.b.call('POST', `/api/attempts/${id}/terminals`, terminalSchema);
  return { id, terminalId: terminal.id, trainee };
}

const shell = (count: number): Promise<FakeShell> => eventually(`shell ${count}`, () => two.a.shells.opened[count - 1]);

/** Opens it once its shell has shown a prompt. */
async function open(socket: Socket, terminalId: string): Promise<TerminalClient> {
  const opening = TerminalClient.open(socket, terminalId);
  const first = await shell(1);
  await eventually('a size', () => first.sizes.at(-1)?.columns === 120);
  first.say('$ ');
  return opening;
}

/** The evidence holds, and there is one entry: the seal of the recordings. */
async function isSealed(place: Readonly<Record<string, string>>): Promise<boolean> {
  const told: string[] = [];
  const output = { say: (text: string): void => void told.push(text), complain: (text: string): void => void told.push(text) };
  return (await runEvidenceCommand(['verify'], place, output)) === 0 && told[0] === 'The evidence log holds: 1 entries.';
}

describe('with two servers on one Redis and one PostgreSQL', () => {
  it('a terminal of the one is worked in from the other, byte for byte, also in a flood', async () => {
    await using redis = await startRedis();
    const databaseUrl = await postgres.createDatabase();
    two = await TwoServers.start({ databaseUrl, redisUrl: redis.url });
    const { id, terminalId, trainee } = await begin();
    const terminal = await open(await connect(trainee.b), terminalId);
    const source = await shell(1);
    for (const key of 'grüße 🚒') terminal.type(key);
    await eventually('the keys in their order', () => source.typedText === 'grüße 🚒');
    const flood = Buffer.alloc(64 * 1024, 'y');
    for (let said = 0; said < 3_000_000; said += flood.length) {
      await eventually('room', () => !source.paused);
      source.say(flood);
    }
    source.say('the end');
    await terminal.waitFor('the end');
    expect(terminal.bytes).toBe('$ '.length + 46 * flood.length + 'the end'.length);
    const instructor = await two.signIn('instructor');
    const roster = await instructor.b.call('GET', '/api/roster', z.strictObject({ attempts: z.array(rosterEntrySchema) }));
    expect(roster.attempts).toMatchObject([{ attempt: { id }, connected: true, terminals: [{ id: terminalId }] }]);
    expect(roster.attempts[0]?.lastLines.at(-1)?.startsWith('yyyy')).toBe(true);
    await trainee.b.call('POST', `/api/attempts/${id}/abandon`, attemptSchema);
    const seen = await eventually('the recording', async () => {
      const list = await trainee.b.call('GET', `/api/attempts/${id}/recordings`, recordingsSchema);
      const [recording] = list.recordings;
      if (recording === undefined) return false;
      const text = await (await trainee.b.fetch('GET', `/api/recordings/${recording.id}`)).text();
      return text.includes('the end') && Buffer.byteLength(text) === recording.bytes && { id: recording.id, text };
    });
    const place = { DATA_DIR: two.a.dataDir, DATABASE_URL: databaseUrl };
    await eventually('its seal', () => isSealed(place));
    // From there back to one server on SQLite.
    const folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-two-backup-'));
    const options = { version: '0.0.0-test', log: createLogger('silent'), now: new Date() };
    const file = path.join(folder, 'all.backup');
    await runBackupCommand('backup', [file], { environment: place, ...options });
    await runBackupCommand('restore', [file], { environment: { DATA_DIR: path.join(folder, 'data') }, ...options });
    await using one = await TestServer.start({ environment: { DATA_DIR: path.join(folder, 'data') } });
    expect(await (await (await one.signIn('instructor')).fetch('GET', `/api/recordings/${seen.id}`)).text()).toBe(seen.text);
    expect(await isSealed({ DATA_DIR: path.join(folder, 'data') })).toBe(true);
    await one.stop();
    await rm(folder, { recursive: true });
  });
});

describe('with two servers', () => {
  it('who is there is known on both, messages reach people on either, and a dead server’s people vanish', async () => {
    two = await TwoServers.start({ databaseUrl: await postgres.createDatabase() });
    const { id, trainee } = await begin();
    const instructor = await two.signIn('instructor');
    const watching = await connect(instructor.a);
    const seen: string[] = [];
    watching.on('attempt:presence', (payload: unknown) =>
      seen.push(
        attemptPresenceSchema
          .parse(payload)
          .present.map(({ person }) => person.name)
          .join(),
      ),
    );
    await ask(watching, 'attempt:watch', { attemptId: id });
    const page = await connect(trainee.b);
    const messages: string[] = [];
    page.on('message', (payload: unknown) => messages.push(messageSchema.parse(payload).text));
    await ask(page, 'attempt:watch', { attemptId: id });
    await eventually('both there', () => seen.at(-1)?.split(',').length === 2);
    const delivered = await instructor.a.call('POST', '/api/messages', z.object({ delivered: z.number() }), { text: 'Ten minutes left.' });
    expect(delivered.delivered).toBe(1);
    await eventually('the message, once', () => messages.join() === 'Ten minutes left.');
    two.kill('b');
    await eventually('the trainee gone', () => seen.at(-1)?.split(',').length === 1);
  });

  it('a terminal goes on when its server leaves in order, with every byte that was shown, and its pages are told to come to the other', async () => {
    two = await TwoServers.start({ databaseUrl: await postgres.createDatabase() });
    const { id, terminalId, trainee } = await begin();
    const [near, far] = [await connect(trainee.a), await connect(trainee.b)];
    const news: string[] = [];
    far.on('terminal:lost', (payload: unknown) => news.push(terminalLostSchema.parse(payload).reason));
    far.on('terminal:back', (payload: unknown) => {
      terminalBackSchema.parse(payload);
      news.push('back');
    });
    const leaving: unknown[] = [];
    near.on('server:leaving', (payload: unknown) => leaving.push(serverLeavingSchema.parse(payload)));
    const terminal = await open(far, terminalId);
    (await shell(1)).say('shown at the last moment ');
    await terminal.waitFor('last moment');
    await two.a.stop();
    expect(leaving).toHaveLength(1);
    const second = await shell(2);
    await eventually('it is back', () => news.at(-1) === 'back');
    second.say('and on');
    await terminal.waitFor('$ shown at the last moment and on');
    terminal.type('ls');
    await eventually('the keys', () => second.typedText === 'ls');
    expect(two.b.running.services.supervisor.isHeld(id)).toBe(true);
    const again = await connect(trainee.b);
    const missed: string[] = [];
    again.on('terminal:data', ({ data }: { data: Buffer }) => missed.push(data.toString()));
    const fromSeq = '$ shown at the last moment '.length;
    const opened = await ask(again, 'terminal:open', { terminalId, columns: 120, rows: 30, fromSeq, access: 'write' });
    expect(openedTerminalSchema.parse(opened).restarted).toBe(false);
    await eventually('what was missed', () => missed.join('') === 'and on');
  });
});

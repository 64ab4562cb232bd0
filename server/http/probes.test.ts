import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { InFlight } from './in-flight.ts';
import { Probes } from './probes.ts';

let databaseAnswers: () => Promise<boolean>;
let redisAnswers: () => Promise<boolean>;
let asked: number;
let clock: ManualClock;
let probes: Probes;

beforeEach(() => {
  asked = 0;
  databaseAnswers = async () => true;
  redisAnswers = async () => true;
  clock = new ManualClock();
  probes = new Probes(clock);
});

function begin(): void {
  probes.begin([
    {
      what: 'The database',
      answers: () => {
        asked += 1;
        return databaseAnswers();
      },
      isEssential: true,
    },
    { what: 'Redis', answers: () => redisAnswers(), isEssential: false },
  ]);
}

describe('whether people are to be sent here', () => {
  it('is no while the server starts and stops', async () => {
    expect(await probes.standing()).toEqual({ ok: false, reason: 'The server is starting.' });
    begin();
    expect(await probes.standing()).toEqual({ ok: true });
    probes.leave();
    expect(await probes.standing()).toEqual({ ok: false, reason: 'The server is stopping.' });
  });

  it('names everything that does not answer, or fails, or is late', async () => {
    begin();
    databaseAnswers = () => Promise.reject(new Error('10.0.0.3 refused'));
    redisAnswers = () => new Promise(() => undefined);
    const standing = probes.standing();
    clock.advance(2_000);
    expect(await standing).toEqual({ ok: false, reason: 'The database does not answer. Redis does not answer.' });
  });

  it('is yes without what it can do without for a while, and that is said; looked at once, however many ask, and again a moment later', async () => {
    begin();
    await Promise.all([probes.standing(), probes.standing(), probes.standing()]);
    expect(asked).toBe(1);
    clock.advance(1_000);
    redisAnswers = async () => false;
    expect(await probes.standing()).toEqual({ ok: true, degraded: 'Redis does not answer.' });
    expect(asked).toBe(2);
  });
});

describe('over HTTP', () => {
  const inFlight = new InFlight();
  let letGo: () => void;
  const server = createServer();
  beforeEach(async () => {
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const app = inFlight.counting((_request, response) => void held.then(() => response.end('app')));
    server.removeAllListeners('request');
    server.on('request', probes.before(app));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);

  it('a live process says so whatever the rest does, a ready one when it is', async () => {
    expect([(await get('/livez')).status, (await get('/readyz?x=1')).status]).toEqual([200, 503]);
    begin();
    expect([(await get('/readyz')).status, await (await get('/readyz')).json()]).toEqual([200, { ok: true }]);
    probes.leave();
    expect(await (await get('/readyz')).json()).toEqual({ ok: false, reason: 'The server is stopping.' });
    const live = await get('/livez');
    expect([live.status, live.headers.get('connection')]).toEqual([200, 'close']);
  });

  it('what is being answered is waited for, and not for ever', async () => {
    const answer = get('/api/slow');
    let settled = false;
    await new Promise<void>((resolve) => server.once('request', () => resolve()));
    const waiting = inFlight.settled(systemClock, 60_000).then(() => (settled = true));
    await inFlight.settled(systemClock, 5);
    expect(settled).toBe(false);
    letGo();
    await Promise.all([answer, waiting]);
    await inFlight.settled(systemClock, 60_000);
  });
});

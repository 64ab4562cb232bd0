import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditLog } from '../audit/audit-log.ts';
import type { PersonRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { openTestStore } from '../testing/test-store.ts';
import { Accounts } from './accounts.ts';
import { Links } from './links.ts';
import { People } from './people.ts';
import { Sessions, type SessionPolicy } from './sessions.ts';

const MINUTE = 60_000;
const policy: SessionPolicy = { idleMs: 60 * MINUTE, absoluteMs: 24 * 60 * MINUTE, rotateAfterMs: 15 * MINUTE, graceMs: MINUTE };
const ADDRESS = '203.0.113.7';

let store: Store;
let clock: ManualClock;
let accounts: Accounts;
let audit: AuditLog;
let nina: PersonRow;

beforeEach(async () => {
  store = await openTestStore();
  clock = new ManualClock();
  audit = new AuditLog(store.db, clock);
  accounts = new Accounts({
    people: new People(store.db, clock),
    sessions: new Sessions(store.db, clock, 'secret', policy),
    links: new Links(store.db, clock),
    audit,
    clock,
  });
  const { person, link } = await accounts.invite({ email: 'Nina@Example.com', name: 'Nina', role: 'trainee' });
  await accounts.acceptLink(link.token, { password: 'a long password' }, ADDRESS);
  nina = await accounts.people.require(person.id);
});
afterEach(() => store[Symbol.asyncDispose]());

const signIn = (password = 'a long password', email = 'nina@example.com', address = ADDRESS): ReturnType<Accounts['signIn']> =>
  accounts.signIn(email, password, address);

describe('signing in', () => {
  it('works with the password set by the invitation, and stores neither password nor token', async () => {
    const session = await signIn();
    expect(session.person.name).toBe('Nina');
    const stored = JSON.stringify([
      await store.db.selectFrom('people').selectAll().execute(),
      await store.db.selectFrom('sessions').selectAll().execute(),
      await store.db.selectFrom('links').selectAll().execute(),
    ]);
    expect(stored).toContain('$argon2id$');
    expect(stored).not.toContain('a long password');
    expect(stored).not.toContain(session.newToken!);
  });

  it('answers the same to an unknown address, a wrong password and a disabled account', async () => {
    const admin = await accounts.people.add({ email: 'a@example.com', name: 'A', role: 'admin' });
    await accounts.people.setPassword(admin.id, 'x');
    const refusals = [
      await signIn('wrong').catch((error: unknown) => error),
      await signIn('wrong', 'nobody@example.com').catch((error: unknown) => error),
    ];
    await accounts.people.change(nina.id, { disabled: true });
    refusals.push(await signIn().catch((error: unknown) => error));
    expect(new Set(refusals.map((error) => `${(error as { code: string }).code} ${(error as Error).message}`)).size).toBe(1);
    expect(refusals[0]).toMatchObject({ code: 'WrongCredentials' });
  });

  it('is refused for an account after five failures, from wherever, until the window has passed', async () => {
    for (let index = 0; index < 5; index += 1)
      await expect(signIn('wrong', undefined, `198.51.100.${index}`)).rejects.toMatchObject({ code: 'WrongCredentials' });
    await expect(signIn('a long password', undefined, '198.51.100.99')).rejects.toMatchObject({
      code: 'TooManyRequests',
      retryAfterSeconds: 15 * 60,
    });
    clock.advance(15 * MINUTE);
    await expect(signIn()).resolves.toBeDefined();
  });

  it('is refused for an address that tries many accounts', async () => {
    for (let index = 0; index < 30; index += 1) await signIn('wrong', `p${index}@example.com`).catch(() => undefined);
    await expect(signIn()).rejects.toMatchObject({ code: 'TooManyRequests' });
    await expect(signIn(undefined, undefined, '198.51.100.1')).resolves.toBeDefined();
  }, 30_000);

  it('leaves a trace, also when it fails', async () => {
    await signIn('wrong').catch(() => undefined);
    await signIn();
    const { entries } = await audit.list({ limit: 10 });
    expect(entries.map((entry) => [entry.action, entry.actor?.name ?? null, entry.address])).toEqual([
      ['session.created', 'Nina', ADDRESS],
      ['session.refused', null, ADDRESS],
      ['session.created', 'Nina', ADDRESS],
    ]);
    expect(JSON.stringify(entries)).not.toContain('password":');
  });
});

describe('sessions', () => {
  it('rotate their token, keep the old one for a minute, and then no longer', async () => {
    const { newToken: first } = await signIn();
    clock.advance(16 * MINUTE);
    const rotated = await accounts.sessions.resume(first!);
    expect(rotated?.newToken).toBeDefined();
    expect((await accounts.sessions.resume(first!))?.newToken).toBeUndefined();
    clock.advance(2 * MINUTE);
    expect(await accounts.sessions.resume(first!)).toBeUndefined();
    expect((await accounts.sessions.resume(rotated!.newToken!))?.person.id).toBe(nina.id);
  });

  it('do not rotate for a socket, which cannot take the new token', async () => {
    const { newToken } = await signIn();
    clock.advance(20 * MINUTE);
    expect(await accounts.sessions.peek(newToken!)).not.toHaveProperty('newToken');
    clock.advance(5 * MINUTE);
    expect(await accounts.sessions.peek(newToken!)).toBeDefined();
  });

  it('end when unused, and in the end however used', async () => {
    const idle = await signIn();
    clock.advance(61 * MINUTE);
    expect(await accounts.sessions.resume(idle.newToken!)).toBeUndefined();
    let token = (await signIn()).newToken!;
    for (let minutes = 0; minutes < 23 * 60; minutes += 30) {
      clock.advance(30 * MINUTE);
      const session = await accounts.sessions.resume(token);
      expect(session).toBeDefined();
      token = session?.newToken ?? token;
    }
    clock.advance(60 * MINUTE);
    expect(await accounts.sessions.resume(token)).toBeUndefined();
  });

  it('end with the person, and tell who listens', async () => {
    const ended: string[] = [];
    accounts.sessions.onEnded((ids) => ended.push(...ids));
    const one = await signIn();
    const two = await signIn();
    await accounts.changePassword(one, 'a long password', 'another password', ADDRESS);
    expect(ended).toContain(two.id);
    expect(ended).not.toContain(one.id);
    expect(await accounts.sessions.resume(two.newToken!)).toBeUndefined();
    await accounts.people.change(nina.id, { disabled: true });
    expect(await accounts.sessions.resume(one.newToken!)).toBeUndefined();
    expect(await accounts.sessions.recheck(one.id)).toBeUndefined();
  });

  it('have forgery tokens that differ by session', async () => {
    const [one, two] = [await signIn(), await signIn()];
    expect(one.csrfToken).not.toBe(two.csrfToken);
    expect(one.csrfToken).toBe(accounts.sessions.csrfTokenFor(one.id));
  });
});

describe('links', () => {
  it('work once, also for two who try at the same time', async () => {
    const { token } = await accounts.links.renew(nina.id, 'set-password');
    const link = await accounts.links.require(token);
    const uses = await Promise.allSettled([accounts.links.use(link), accounts.links.use(link)]);
    expect(uses.map((use) => use.status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(accounts.acceptLink(token, { password: 'a long password' }, ADDRESS)).rejects.toMatchObject({ code: 'LinkExpired' });
  });

  it('end with a newer one, with time, and with the account', async () => {
    const old = await accounts.links.renew(nina.id, 'set-password');
    const newer = await accounts.links.renew(nina.id, 'set-password');
    await expect(accounts.links.require(old.token)).rejects.toMatchObject({ code: 'LinkExpired' });
    await expect(accounts.links.require(newer.token)).resolves.toMatchObject({ person: { id: nina.id } });
    clock.advance(8 * 24 * 60 * MINUTE);
    await expect(accounts.links.require(newer.token)).rejects.toMatchObject({ code: 'LinkExpired' });
    const last = await accounts.links.renew(nina.id, 'set-password');
    await accounts.people.change(nina.id, { disabled: true });
    await expect(accounts.links.require(last.token)).rejects.toMatchObject({ code: 'LinkExpired' });
  });

  it('to set a password are not used up by an attempt without one, and end older sessions', async () => {
    const session = await signIn();
    const { token } = await accounts.links.renew(nina.id, 'set-password');
    await expect(accounts.acceptLink(token, {}, ADDRESS)).rejects.toMatchObject({ code: 'InvalidRequest' });
    await accounts.acceptLink(token, { password: 'a newer password' }, ADDRESS);
    expect(await accounts.sessions.resume(session.newToken!)).toBeUndefined();
    await expect(signIn('a newer password')).resolves.toBeDefined();
  });
});

describe('people', () => {
  it('never lose their last administrator', async () => {
    const { link, person } = await accounts.invite({ email: 'ada@example.com', name: 'Ada', role: 'admin' });
    await accounts.acceptLink(link.token, { password: 'a long password' }, ADDRESS);
    await expect(accounts.people.change(person.id, { role: 'manager' })).rejects.toMatchObject({ code: 'Conflict' });
    await expect(accounts.people.change(person.id, { disabled: true })).rejects.toMatchObject({ code: 'Conflict' });
    await accounts.people.change(nina.id, { role: 'admin' });
    await expect(accounts.people.change(person.id, { disabled: true })).resolves.toMatchObject({ state: 'disabled' });
  });

  it('have one account an address, however it is written', async () => {
    await expect(accounts.invite({ email: 'NINA@example.com', name: 'Other', role: 'trainee' })).rejects.toMatchObject({
      code: 'Conflict',
    });
  });

  it('come back as what they were when they are enabled again', async () => {
    await accounts.people.change(nina.id, { disabled: true });
    expect(await accounts.people.change(nina.id, { disabled: false })).toMatchObject({ state: 'active' });
    const { person } = await accounts.invite({ email: 'new@example.com', name: 'New', role: 'trainee' });
    await accounts.people.change(person.id, { disabled: true });
    expect(await accounts.people.change(person.id, { disabled: false })).toMatchObject({ state: 'invited' });
  });
});

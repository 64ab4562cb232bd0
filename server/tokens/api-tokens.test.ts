import { DAY_MS } from '../clock.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_TOKENS, newTokenSchema, tokensSchema, type TokenScope } from '../contract/tokens.ts';
import { auditPageSchema, peopleSchema } from '../contract/people.ts';
import { scopeOf } from '../http/scopes.ts';
import { allRoutes } from '../http/routes.ts';
import { type Client } from '../testing/client.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { TestServer } from '../testing/test-server.ts';

const clock = new ManualClock();
let server: TestServer;
let administrator: Client;
let trainee: Client;
let manager: Client;
beforeAll(async () => {
  server = await TestServer.start({ clock });
  administrator = await server.signIn('administrator');
  trainee = await server.signIn('trainee');
  manager = await server.signIn('manager');
});
afterAll(() => server[Symbol.asyncDispose]());

async function create(
  client: Client,
  scopes: readonly TokenScope[],
  expiresInDays = 300,
): Promise<{ readonly id: string; readonly secret: string }> {
  const { token, secret } = await client.call('POST', '/api/tokens', newTokenSchema, { name: 'for a test', scopes, expiresInDays });
  return { id: token.id, secret };
}

/** A program: no cookies, no forgery token. */
async function asProgram(
  secret: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly json: unknown }> {
  const response = await server.client().fetch(method, path, body, { authorization: `Bearer ${secret}`, 'x-csrf-token': '', origin: '' });
  return { status: response.status, json: response.status === 204 ? undefined : await response.json() };
}
const refusal = (code: string, remedy?: string): object => ({
  error: { code, ...(remedy === undefined ? {} : { remedy: expect.stringContaining(remedy) as string }) },
});

describe('a token', () => {
  it('acts as its person within its scopes, and writes without a session', async () => {
    const { secret } = await create(administrator, ['people:read', 'cohorts:write']);
    const read = await asProgram(secret, 'GET', '/api/people');
    expect(peopleSchema.parse(read.json).people.length).toBeGreaterThan(0);
    expect(await asProgram(secret, 'POST', '/api/cohorts', { name: 'By a program' })).toMatchObject({
      status: 201,
      json: { name: 'By a program' },
    });
  });

  it('may not do what it has no scope for, and is told which it lacks', async () => {
    const { secret } = await create(administrator, ['people:read']);
    expect(await asProgram(secret, 'POST', '/api/people', {})).toMatchObject({ status: 403, json: refusal('Forbidden', 'people:write') });
    expect(await asProgram(secret, 'GET', '/api/audit')).toMatchObject({ status: 403, json: refusal('Forbidden', 'audit:read') });
  });

  it('may not do what its person may not do', async () => {
    const { secret } = await create(trainee, ['people:read', 'labs:read']);
    expect(await asProgram(secret, 'GET', '/api/people')).toMatchObject({ status: 403, json: refusal('Forbidden') });
    expect(await asProgram(secret, 'GET', '/api/labs')).toMatchObject({ status: 200 });
  });

  it('makes no tokens, changes no password and signs nobody out', async () => {
    const { secret } = await create(administrator, ['people:read']);
    const wish = { name: 'more', scopes: ['people:read'], expiresInDays: 1 };
    expect(await asProgram(secret, 'POST', '/api/tokens', wish)).toMatchObject({ status: 403, json: refusal('Forbidden', 'Sign in') });
    expect(await asProgram(secret, 'DELETE', '/api/session')).toMatchObject({ status: 403 });
    expect(await asProgram(secret, 'POST', '/api/session/password', { current: 'a', next: 'b' })).toMatchObject({ status: 403 });
  });

  it('works no more once it is revoked, and only its person or an administrator can do that', async () => {
    const { id, secret } = await create(administrator, ['labs:read']);
    expect((await trainee.refused('DELETE', `/api/tokens/${id}`)).error.code).toBe('NotFound');
    expect(await asProgram(secret, 'GET', '/api/labs')).toMatchObject({ status: 200 });
    expect((await administrator.fetch('DELETE', `/api/tokens/${id}`)).status).toBe(204);
    expect(await asProgram(secret, 'GET', '/api/labs')).toMatchObject({ status: 401, json: refusal('SignInRequired', 'Make a new one') });
  });

  it('is kept as a hash, and its secret is in no record', async () => {
    const { secret } = await create(trainee, ['labs:read']);
    const rows = await administrator.call('GET', '/api/audit?action=token.created', auditPageSchema);
    expect(rows.entries.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(JSON.stringify(await trainee.call('GET', '/api/tokens', tokensSchema))).not.toContain(secret);
  });

  it('is refused with unknown scopes, without any, and for longer than a year', async () => {
    for (const wrong of [{ scopes: ['everything:write'] }, { scopes: [] }, { expiresInDays: 366 }]) {
      const body = { name: 'wrong', scopes: ['labs:read'], expiresInDays: 1, ...wrong };
      expect((await trainee.refused('POST', '/api/tokens', body)).error.code).toBe('InvalidRequest');
    }
  });

  it(`comes ${MAX_TOKENS} times at most for one person`, async () => {
    for (let made = 0; made < MAX_TOKENS; made += 1) await create(manager, ['labs:read']);
    const refused = await manager.refused('POST', '/api/tokens', { name: 'one more', scopes: ['labs:read'], expiresInDays: 1 });
    expect(refused.error).toMatchObject({ code: 'Conflict', remedy: 'Revoke one that is not needed any more.' });
  });
});

describe('time', () => {
  it('ends a token, which is then no longer listed, and a made-up one is refused alike', async () => {
    const { id, secret } = await create(trainee, ['labs:read'], 1);
    clock.advance(DAY_MS - 1);
    expect(await asProgram(secret, 'GET', '/api/labs')).toMatchObject({ status: 200 });
    clock.advance(1);
    const refused = await asProgram(secret, 'GET', '/api/labs');
    expect(refused).toMatchObject({ status: 401, json: refusal('SignInRequired') });
    const unknown = await asProgram('dht_nonsense', 'GET', '/api/labs');
    expect(JSON.stringify(unknown).replace(/"requestId":"[^"]*"/, '')).toBe(JSON.stringify(refused).replace(/"requestId":"[^"]*"/, ''));
    const left = await server.running.services.tokens.list(undefined, new Map());
    expect(left.map((token) => token.id)).not.toContain(id);
  });
});

describe('scopes', () => {
  it('cover every route but those about signing in, keys, previews and what is public', () => {
    const without = allRoutes(server.running.services).filter((route) => scopeOf(route) === undefined);
    const areas = without.map(({ path }) =>
      path
        .split('/')
        .slice(1, path.startsWith('/api/') ? 3 : 2)
        .join('/'),
    );
    expect([...new Set(areas)].toSorted()).toEqual([
      '.well-known',
      'api/calendar',
      'api/interview-links',
      'api/links',
      'api/openapi.json',
      'api/public',
      'api/session',
      'api/signing-keys',
      'api/tokens',
      'preview',
    ]);
  });
});

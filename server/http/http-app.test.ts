import { request } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorBodySchema } from '../contract/errors.ts';
import { personSchema, cohortSchema } from '../contract/people.ts';
import { attemptSchema } from '../contract/attempts.ts';
import { eventually } from '../testing/eventually.ts';
import { startFakeApiServer, type FakeApiServer } from '../testing/fake-api-server.ts';
import { TestServer } from '../testing/test-server.ts';
import { startServer } from '../server.ts';
import { readConfig } from '../config.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  const web = path.join(server.dataDir, 'web');
  await mkdir(path.join(web, 'assets'), { recursive: true });
  await writeFile(path.join(web, 'index.html'), '<!doctype html><title>Drillhouse</title>');
  await writeFile(path.join(web, 'assets', 'app-1a2b.js'), 'export {};');
  await writeFile(path.join(web, 'favicon.svg'), '<svg/>');
});
afterAll(() => server[Symbol.asyncDispose]());

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> => fetch(server.url + path, { headers });
/** fetch tidies paths up before it sends them; this does not. */
const getRaw = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

describe('the pages', () => {
  it('come for every address a person may keep, fresh each time, under a strict policy', async () => {
    for (const address of ['/', '/labs', '/welcome/abc', '/attempts/at_x/result']) {
      const response = await get(address, { accept: 'text/html' });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('<title>Drillhouse</title>');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/script-src 'self' 'wasm-unsafe-eval'(;|$)/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('x-frame-options')).toBe('DENY');
      expect(response.headers.has('x-powered-by')).toBe(false);
    }
  });

  it('have assets that are kept for good; one that is missing is not the page', async () => {
    expect((await get('/assets/app-1a2b.js')).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await get('/assets/gone.js')).status).toBe(404);
    expect((await get('/favicon.svg')).headers.get('content-type')).toContain('svg');
  });

  it.each([
    '/../drillhouse.db',
    '/assets/../../drillhouse.db',
    '/assets/%2e%2e/%2e%2e/drillhouse.db',
    '/%2e%2e/server.pid',
    '/..%2fserver.pid',
  ])('do not let %s out of their folder', async (address) => {
    expect(await getRaw(address)).not.toBe(500);
    const response = await get(address);
    expect(await response.text()).not.toMatch(/SQLite|^\d+$/);
  });
});

describe('the edge', () => {
  it('says when it is ready, with its version', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ ok: true, version: '0.0.0-test' });
  });

  it('answers errors in one shape with a request id', async () => {
    const response = await get('/api/labs');
    expect(response.status).toBe(401);
    const { error } = errorBodySchema.parse(await response.json());
    expect(error).toMatchObject({ code: 'SignInRequired', requestId: response.headers.get('x-request-id') });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('names each field that is wrong', async () => {
    const client = server.client();
    await client.session();
    const { error, status } = await client.refused('POST', '/api/session', { email: 'no address', password: '', extra: 1 });
    expect(status).toBe(400);
    expect(error.issues?.map((issue) => issue.path).sort()).toEqual(['', 'email', 'password']);
  });

  it.each([
    ['more than 100 KB', JSON.stringify({ email: 'x'.repeat(120_000) }), 413, 'PayloadTooLarge'],
    ['what is no JSON', '{"email":', 400, 'InvalidRequest'],
    ['a bare value', '"text"', 400, 'InvalidRequest'],
    ['a prototype', '{"__proto__":{"admin":true},"email":"a@example.com","password":"x"}', 400, 'InvalidRequest'],
  ])('refuses %s', async (_what, body, status, code) => {
    const client = server.client();
    await client.session();
    const response = await fetch(`${server.url}/api/session`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', cookie: client.cookieHeader(), 'x-csrf-token': client.csrfToken, origin: server.url },
    });
    expect([response.status, errorBodySchema.parse(await response.json()).error.code]).toEqual([status, code]);
  });

  it('tells a sign-in that is tried too often when to come back', async () => {
    const client = server.client();
    await client.session();
    const attempt = (): ReturnType<typeof client.refused> =>
      client.refused('POST', '/api/session', { email: 'guess@example.com', password: 'wrong' });
    for (let index = 0; index < 5; index += 1) expect((await attempt()).status).toBe(401);
    const refused = await attempt();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('gives cookies that scripts and other sites cannot use', async () => {
    const response = await get('/api/session');
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^drillhouse_visitor=[\w-]+; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
    const link = server.running.links.find((candidate) => candidate.role === 'manager');
    const client = server.client();
    await client.session();
    const accepted = await client.fetch('POST', (link?.path ?? '').replace('/welcome/', '/api/links/'), {});
    expect(accepted.headers.getSetCookie().at(-1)).toMatch(/^drillhouse_session=[\w-]{43}; .*HttpOnly; .*SameSite=Strict$/);
  });

  it('changes the session and the token when somebody signs in', async () => {
    const client = server.client();
    const before = (await client.session()).csrfToken;
    const admin = await server.signIn('administrator');
    expect(admin.csrfToken).not.toBe(before);
    await admin.session();
    const first = admin.cookies.get('drillhouse_session');
    await admin.signIn('admin@drillhouse.local', 'a good password');
    expect(admin.cookies.get('drillhouse_session')).not.toBe(first);
    admin.cookies.set('drillhouse_session', first ?? '');
    expect((await admin.session()).me).toBeNull();
  });
});

describe('an address in the open', () => {
  it('makes cookies Secure and bound to the host, asks for https, and takes only its own origin', async () => {
    await using open = await TestServer.start({ environment: { PUBLIC_URL: 'https://drill.example' } });
    const response = await fetch(`${listenUrl(open)}/api/session`);
    expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-drillhouse_visitor=.*; HttpOnly; Secure; SameSite=Strict$/);
    expect(response.headers.get('strict-transport-security')).toContain('max-age=');
    const visitor = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const { csrfToken } = (await response.json()) as { csrfToken: string };
    const post = (origin: string): Promise<Response> =>
      fetch(`${listenUrl(open)}/api/session`, {
        method: 'POST',
        body: '{"email":"a@example.com","password":"x"}',
        headers: { 'content-type': 'application/json', cookie: visitor, 'x-csrf-token': csrfToken, origin },
      });
    expect((await post('https://drill.example')).status).toBe(401);
    expect((await post(listenUrl(open))).status).toBe(403);
    expect(open.running.links[0]?.path).toMatch(/^\/welcome\//);
    expect(open.url).toBe('https://drill.example');
  });

  function listenUrl(open: TestServer): string {
    return open.running.localUrl;
  }
});

describe('starting', () => {
  it('on a port that is taken says so and how to choose another', async () => {
    const { port } = new URL(server.url);
    await expect(TestServer.start({ environment: { PORT: port } })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken.`);
  });

  it('on data that is in use does not touch the substrate', async () => {
    let opened = false;
    const second = startServer({
      ...server.parts,
      config: readConfig({ PORT: '0', DATA_DIR: server.dataDir }, [], ''),
      openSubstrate: async () => {
        opened = true;
        return server.substrate;
      },
    });
    await expect(second).rejects.toMatchObject({ name: 'DataInUseError' });
    expect(opened).toBe(false);
    expect((await get('/healthz')).status).toBe(200);
  });
});

describe('cohorts', () => {
  it('are made by instructors, seen by managers, and give grades their names', async () => {
    const instructor = await server.signIn('instructor');
    const cohort = await instructor.call('POST', '/api/cohorts', cohortSchema, { name: 'Autumn' });
    expect((await instructor.refused('POST', '/api/cohorts', { name: 'Autumn' })).error.code).toBe('Conflict');
    expect(
      (await instructor.refused('PUT', `/api/cohorts/${cohort.id}/members`, { personIds: ['pr_aaaaaaaaaaaaaaaaaaaa'] })).error.code,
    ).toBe('NotFound');
    const admin = server.client();
    await admin.signIn('admin@drillhouse.local', 'a good password');
    const { people } = await admin.call('GET', '/api/people', z.strictObject({ people: z.array(personSchema) }));
    const members = people.filter((person) => person.role === 'trainee').map((person) => person.id);
    expect((await instructor.call('PUT', `/api/cohorts/${cohort.id}/members`, cohortSchema, { personIds: members })).members).toHaveLength(
      members.length,
    );
  });
});

describe('the preview of a service', () => {
  let api: FakeApiServer;
  let open: TestServer;
  beforeAll(async () => {
    api = await startFakeApiServer();
    open = await TestServer.start();
    open.substrate.operatorConfig = api.kubeConfig;
  });
  afterAll(async () => {
    await open[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  it("passes the service's own pages on in a sandbox of their own, without cookies either way", async () => {
    const trainee = await open.signIn('trainee');
    const { id } = await trainee.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint' });
    await eventually('ready', async () => (await trainee.call('GET', `/api/attempts/${id}`, attemptSchema)).state === 'ready');
    api.respond = (incoming, response) => {
      response.writeHead(incoming.url?.endsWith('/missing') === true ? 404 : 200, {
        'content-type': 'text/html',
        'set-cookie': 'evil=1',
        'content-security-policy': 'default-src *',
        'x-secret': '1',
      });
      response.end('<script>parent.document</script>');
    };
    const page = await trainee.fetch('GET', `/preview/${id}/inference/v1/models?limit=%2F1`);
    expect(page.status).toBe(200);
    expect(await page.text()).toBe('<script>parent.document</script>');
    expect(page.headers.get('content-security-policy')).toBe("sandbox allow-scripts allow-forms; frame-ancestors 'self'");
    expect(page.headers.getSetCookie()).toEqual([]);
    expect(page.headers.has('x-secret')).toBe(false);
    expect(page.headers.has('x-frame-options')).toBe(false);
    const seen = api.requests.at(-1);
    expect(seen?.url).toBe('/api/v1/namespaces/lab/services/https:inference:8000/proxy/v1/models?limit=%2F1');
    expect(seen?.headers).toMatchObject({ authorization: 'Bearer operator-token' });
    expect(seen?.headers.cookie).toBeUndefined();
    expect((await trainee.fetch('GET', `/preview/${id}/inference/missing`)).status).toBe(404);

    const posted = await trainee.fetch('POST', `/preview/${id}/inference/v1/completions`, { prompt: 'x' });
    expect(posted.status).toBe(200);
    expect(api.requests.at(-1)).toMatchObject({ method: 'POST', body: '{"prompt":"x"}' });

    const instructor = await open.signIn('instructor');
    expect((await instructor.fetch('GET', `/preview/${id}/inference/`)).status).toBe(200);
    expect((await instructor.fetch('POST', `/preview/${id}/inference/`)).status).toBe(403);
    expect((await trainee.refused('GET', `/preview/${id}/kubernetes/`)).error.code).toBe('NotFound');
    await trainee.call('POST', `/api/attempts/${id}/abandon`, attemptSchema);
    expect((await trainee.refused('GET', `/preview/${id}/inference/`)).error.code).toBe('AttemptNotRunning');
  });
});

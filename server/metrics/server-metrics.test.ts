import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attemptSchema } from '../contract/attempts.ts';
import { newTokenSchema } from '../contract/tokens.ts';
import { TestServer } from '../testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ environment: { CAPACITY: '7' } });
});
afterAll(() => server[Symbol.asyncDispose]());

describe('GET /metrics', () => {
  it('tells Prometheus, by a token, how the server is', async () => {
    const trainee = await server.signIn('trainee');
    await trainee.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint' });
    await trainee.refused('GET', '/api/people');
    const administrator = await server.signIn('administrator');
    const wish = { name: 'Prometheus', scopes: ['metrics:read'], expiresInDays: 30 };
    const { secret } = await administrator.call('POST', '/api/tokens', newTokenSchema, wish);
    const response = await server.client().fetch('GET', '/metrics', undefined, { authorization: `Bearer ${secret}` });
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    const text = await response.text();
    expect(text).toMatch(/^drillhouse_replica_joined 1$/m);
    expect(text).toMatch(/^drillhouse_replica_leads 1$/m);
    expect(text).toMatch(/^drillhouse_attempts_attended 1$/m);
    expect(text).toMatch(/^drillhouse_sandboxes_capacity 7$/m);
    expect(text).toMatch(/^drillhouse_sandboxes_in_use 1$/m);
    expect(text).toMatch(/^drillhouse_substrate_up 1$/m);
    expect(text).toMatch(/^drillhouse_attempts\{lab="endpoint",state="\w+"\} 1$/m);
    expect(text).toMatch(/^drillhouse_http_request_duration_seconds_count\{method="GET",route="\/api\/people",status="403"\} 1$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
    expect(text).not.toContain(secret);
  });

  it('is not for everybody', async () => {
    const response = await server.client().fetch('GET', '/metrics');
    expect(response.status).toBe(401);
  });

  it('cannot be filled with paths that do not exist', async () => {
    const client = server.client();
    for (let n = 0; n < 20; n += 1) await client.fetch('GET', `/made-up/${n}`);
    expect(await server.running.services.metrics.text()).not.toContain('made-up');
  });
});

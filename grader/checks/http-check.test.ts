import { describe, expect, it } from 'vitest';
import type { ProbeResult } from '../../infra/images/prober/protocol.ts';
import { answered, checkOf, FakeProber, goodKey, testContext, unanswered } from '../testing/sandbox-fixtures.ts';
import { findFault, runHttpCheck, type HttpCheck } from './http-check.ts';

type Expectation = Parameters<typeof findFault>[0];

describe('findFault', () => {
  it.each<[string, Expectation, ProbeResult]>([
    ['the status', { status: 401 }, answered(401)],
    ['a text', { status: 200, contains: ['vllm:'] }, answered(200, 'vllm:num 1')],
    ['JSON', { status: 200, json: { data: [{ id: 'a' }] } }, answered(200, { data: [{ id: 'a', root: 'b' }] })],
    ['a refused handshake', { refused: 'handshake' }, unanswered('tls', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')],
    ['a connection that is dropped', { refused: 'connection' }, unanswered('request', 'ECONNRESET')],
  ])('accepts %s', (_, expect_, result) => {
    expect(findFault(expect_, result)).toBeUndefined();
  });

  it.each<[string, Expectation, ProbeResult, RegExp]>([
    ['another status', { status: 401 }, answered(200), /200, wanted 401/],
    ['no answer', { status: 200 }, unanswered('connect'), /connecting/],
    ['a missing text', { status: 200, contains: ['vllm:'] }, answered(200, 'up 1'), /vllm:/],
    ['other JSON', { status: 200, json: { version: { $in: ['1'] } } }, answered(200, { version: '2' }), /version is "2"/],
    ['no JSON', { status: 200, json: {} }, answered(200, '<html>'), /not JSON/],
    ['a client that is let in', { refused: 'handshake' }, answered(200), /let in/],
    ['a client that is refused by an answer', { refused: 'handshake' }, answered(403), /HTTP 403/],
    ['a service that is down: it refuses nobody', { refused: 'handshake' }, unanswered('connect'), /nothing refused it/],
    ['a name that is gone', { refused: 'connection' }, unanswered('resolve', 'ENOTFOUND'), /nothing refused it/],
    ['a handshake that hangs', { refused: 'handshake' }, unanswered('tls', 'TIMEOUT'), /nothing refused it/],
    ['an answer that breaks off', { refused: 'connection' }, unanswered('body', 'ECONNRESET'), /nothing refused it/],
  ])('refuses %s', (_, expect_, result, reason) => {
    expect(findFault(expect_, result)).toMatch(reason);
  });
});

const check = (...requests: object[]): HttpCheck => checkOf('h', { kind: 'http', requests }) as HttpCheck;

describe('runHttpCheck', () => {
  it('presents the credentials that are named', async () => {
    const prober = new FakeProber(() => answered(200));
    const context = testContext({ prober });
    const plain = { scheme: 'http', path: '/v1/models', expect: { status: 200 } };
    await runHttpCheck(
      check({ ...plain, name: 'none', key: 'none' }, { ...plain, name: 'wrong', key: 'wrong' }, { ...plain, name: 'good', key: 'good' }),
      context,
    );
    const sent = Object.fromEntries(prober.asked.map(({ name, headers }) => [name, headers?.['authorization']]));
    expect(sent['none']).toBeUndefined();
    expect(sent['good']).toBe(`Bearer ${goodKey}`);
    expect(sent['wrong']).toMatch(/^Bearer sk-lab-[0-9a-f]{32}$/);
    expect(sent['wrong']).not.toBe(sent['good']);
  });

  it('asks a part of the lab beside the endpoint by its Service, in the endpoint’s namespace', async () => {
    const prober = new FakeProber(() => answered(200));
    const beside = { name: 'a', scheme: 'http', service: 'retrieval', port: 8080, path: '/index', key: 'none', expect: { status: 200 } };
    await runHttpCheck(check(beside), testContext({ prober }));
    expect(prober.asked.map(({ url }) => url)).toEqual(['http://retrieval.atlas.svc:8080/index']);
  });

  it('fails, with a reason that teaches, when the sandbox holds no credential', async () => {
    const context = testContext();
    await context.objects.remove({ kind: 'Secret', namespace: 'atlas', name: 'inference-api-key' });
    const verdict = await runHttpCheck(check({ name: 'a', scheme: 'http', path: '/', expect: { status: 200 } }), context);
    expect(verdict).toMatchObject({ kind: 'fail', reason: 'No Secret inference-api-key with the entry api-key holds the API key.' });
  });

  it('passes only when every request does', async () => {
    const prober = new FakeProber(({ name }) => answered(name === 'b' ? 500 : 200));
    const one = { scheme: 'http', path: '/', key: 'none', expect: { status: 200 } };
    const verdict = await runHttpCheck(
      check({ ...one, name: 'a' }, { ...one, name: 'b', otherwise: 'It is broken.' }),
      testContext({ prober }),
    );
    expect(verdict).toMatchObject({ kind: 'fail', reason: 'It is broken.' });
    expect(verdict.evidence).toHaveLength(2);
  });

  it('keeps no key in its evidence, not even one that the server sends back', async () => {
    const prober = new FakeProber(({ headers }) => answered(500, { got: headers?.['authorization'] }));
    const verdict = await runHttpCheck(check({ name: 'a', scheme: 'http', path: '/', expect: { status: 200 } }), testContext({ prober }));
    expect(JSON.stringify(verdict)).not.toContain(goodKey);
  });
});

import { describe, expect, it } from 'vitest';
import { findLeaks } from './leaks.ts';

describe('what does not belong into a text', () => {
  it.each<[string, string]>([
    ['a private key', '-----BEGIN EC PRIVATE KEY-----\nMHc'],
    ['an API key', 'we used sk-team-9f8e7d6c5b4a39281706 all day'],
    ['an access key of a cloud', 'AKIAIOSFODNN7EXAMPLE'],
    ['a token of a code host', `ghp_${'a1B2'.repeat(9)}`],
    ['a JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
    ['a bearer token', 'curl -H "Authorization: Bearer 9f8e7d6c5b4a39281706"'],
    ['a password', 'password: hunter22Xyz'],
    ['an email address', 'write to jane.roe@corp.com'],
    ['a payment card number', 'card 4539 1488 0343 6467'],
    ['a bank account number', 'IBAN DE89 3704 0044 0532 0130 00'],
    ['a social security number', '078-05-1120'],
    ['a telephone number', 'call +44 20 7946 0958'],
  ])('%s', (what, text) => {
    expect(findLeaks(text).map((leak) => leak.what)).toContain(what);
  });

  it.each([
    'key-rotation-of-the-gateway-service took an hour',
    'the Secret inference-api-key lost its entry api-key',
    'At 2026-11-21T09:14:03.123Z p95 was 1,204 ms over 1234567890123 requests',
    'password: $API_PASSWORD, token: <redacted>',
    'team@example.com and ops@gateway.local',
    'the bearer of this token is the gateway',
    'registry.lab/inference:1.4.2@sha256:9f86d081884c7d659a2feaa0c55ad015',
    'pods inference-7d4b9c6f5d-x2k8p and 10.0.0.12:8000',
  ])('is not %s', (text) => {
    expect(findLeaks(text)).toEqual([]);
  });

  it('is a credential of the sandbox, whatever it looks like', () => {
    expect(findLeaks('the key was plainwords', ['plainwords'])).toEqual([{ kind: 'secret', what: 'a credential of this sandbox' }]);
    expect(findLeaks('the key was plainwords', ['abc', ''])).toEqual([]);
  });
});

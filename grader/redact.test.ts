import { expect, it } from 'vitest';
import { redact, redactText } from './redact.ts';

it('masks the data of a Secret and kubectl’s copy of it, and keeps its name', () => {
  const secret = {
    kind: 'Secret',
    metadata: {
      name: 'inference-api-key',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"stringData":{"api-key":"sk-lab-1"}}', team: 'atlas' },
    },
    data: { 'api-key': 'c2stbGFiLTE=' },
    stringData: { other: 'sk-lab-1' },
  };
  const text = JSON.stringify(redact(secret));
  expect(text).not.toContain('c2stbGFiLTE=');
  expect(text).not.toContain('sk-lab-1');
  expect(redact(secret)).toMatchObject({ metadata: { name: 'inference-api-key', annotations: { team: 'atlas' } } });
});

it('masks tokens, literal keys in the environment, private keys and known secrets in any text', () => {
  const pem = '-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----';
  const seen = {
    headers: { authorization: 'Bearer abcdef', accept: '*/*' },
    env: [
      { name: 'VLLM_API_KEY', value: 'sk-lab-9' },
      { name: 'MANAGEMENT_PORT', value: '9090' },
    ],
    tls: { key: pem },
    body: 'you sent sk-lab-known and Authorization: Bearer xyz123',
    volumes: [{ secret: { secretName: 'inference-tls' } }],
    managedFields: [{ manager: 'kubectl' }],
  };
  expect(redact(seen, ['sk-lab-known'])).toEqual({
    headers: { authorization: '[redacted]', accept: '*/*' },
    env: [
      { name: 'VLLM_API_KEY', value: '[redacted]' },
      { name: 'MANAGEMENT_PORT', value: '9090' },
    ],
    tls: { key: '[redacted]' },
    body: 'you sent [redacted] and Authorization: Bearer [redacted]',
    volumes: [{ secret: { secretName: 'inference-tls' } }],
  });
});

it('cuts long texts and deep structures', () => {
  expect(redactText('x'.repeat(5000))).toMatch(/^x{2000}\.\.\. \(5000 characters\)$/);
  let deep: unknown = 'end';
  for (let level = 0; level < 20; level += 1) deep = { deep };
  expect(JSON.stringify(redact(deep))).toContain('[deeper]');
});

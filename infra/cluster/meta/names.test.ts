import { describe, expect, it } from 'vitest';
import {
  generateName,
  isConfigMapKey,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isPathSegmentName,
  isQualifiedName,
  isRelaxedEnvVarName,
  isValidPortName,
  podTemplateHash,
  randomSuffix,
} from './names.ts';

describe('checks', () => {
  it.each([
    [isDns1123Label, ['a', 'a-b', '1a', 'a'.repeat(63)], ['', 'A', '-a', 'a-', 'a.b', 'a'.repeat(64)]],
    [isDns1123Subdomain, ['a', 'a.b', 'kube-root-ca.crt'], ['', 'a..b', 'a_b', 'a'.repeat(254)]],
    [isDns1035Label, ['a', 'a1'], ['1a', 'a.b', '']],
    [isQualifiedName, ['app', 'nvidia.com/gpu', 'A_b.c'], ['', '/a', 'a/', 'a/b/c', 'bad key', 'A.com/x', 'a'.repeat(64)]],
    [isLabelValue, ['', 'a', 'a.b_c-d'], ['-a', 'a b', 'a'.repeat(64)]],
    [isConfigMapKey, ['tls.crt', 'A_b-c'], ['', 'a/b', '.', '..', '..a']],
    [isRelaxedEnvVarName, ['A', 'a.b-c', '1 2'], ['', 'A=B', 'ä']],
    [isValidPortName, ['http', 'a-1'], ['', '80', 'a--b', '-a', 'sixteen-letters-x', 'HTTP']],
    [isPathSegmentName, ['system:node', 'a b'], ['.', '..', 'a/b', 'a%b']],
  ])('%o', (check, good, bad) => {
    for (const name of good) expect([name, ...check(name)]).toEqual([name]);
    for (const name of bad) expect([name, check(name).length > 0]).toEqual([name, true]);
  });

  it('says what prefix or name of a qualified name is at fault', () => {
    expect(isQualifiedName('/x')[0]).toBe('prefix part must be non-empty');
    expect(isDns1123Label('a.b')).toEqual(['must not contain dots']);
  });

  it('takes long hostile names in linear time', () => {
    const started = performance.now();
    for (const check of [isDns1123Label, isDns1123Subdomain, isQualifiedName, isLabelValue]) check(`${'a-'.repeat(50_000)}!`);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('generated names', () => {
  it('have five characters that form no words', () => {
    expect(randomSuffix()).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(randomSuffix(3, () => 0)).toBe('bbb');
    expect(randomSuffix(3, () => 0.9999)).toBe('999');
  });

  it('stay labels however long the base is', () => {
    const name = generateName(`${'x'.repeat(80)}-`, () => 0);
    expect(name).toBe(`${'x'.repeat(58)}bbbbb`);
    expect(name).toHaveLength(63);
  });
});

describe('podTemplateHash', () => {
  const template = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };

  it('does not depend on the order of keys, but on all else', () => {
    const reordered = { spec: { containers: [{ image: 'i', name: 'c' }] }, metadata: { labels: { b: '2', a: '1' } } };
    expect(podTemplateHash(reordered)).toBe(podTemplateHash(template));
    expect(podTemplateHash({ ...template, spec: {} })).not.toBe(podTemplateHash(template));
    expect(podTemplateHash(template, 1)).not.toBe(podTemplateHash(template));
  });

  it('looks like one of Kubernetes', () => {
    expect(podTemplateHash(template)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  });
});

import { describe, expect, it } from 'vitest';
import { checkOf, testContext } from '../testing/sandbox-fixtures.ts';
import type { Verdict } from '../verdict.ts';
import { runFileCheck, type FileCheck } from './file-check.ts';
import { objectCheckSchema, runObjectCheck, type ObjectCheck } from './object-check.ts';

const run = (spec: object): Promise<Verdict> => runObjectCheck(checkOf('o', { kind: 'object', ...spec }) as ObjectCheck, testContext());

describe('an object check', () => {
  it.each<[string, object]>([
    ['an object is there', { object: 'Service', name: 'inference' }],
    ['it matches', { object: 'Deployment', name: 'inference', match: { spec: { replicas: 1 } } }],
    ['one of those selected matches', { object: 'Pod', labels: { app: 'inference' }, match: { status: { podIP: '10.0.0.1' } } }],
    ['none is there that should not be', { object: 'Deployment', name: 'stub', absent: true }],
    [
      'one is there but not of the unwanted form',
      { object: 'Deployment', name: 'inference', absent: true, match: { spec: { replicas: 0 } } },
    ],
    ['another namespace is named', { object: 'Secret', namespace: 'drillhouse-system', name: 'lab-authority' }],
  ])('passes when %s', async (_, spec) => {
    expect((await run(spec)).kind).toBe('pass');
  });

  it.each<[string, object, RegExp]>([
    ['there is none', { object: 'ConfigMap', name: 'config' }, /^There is no ConfigMap config\.$/],
    [
      'it differs',
      { object: 'Deployment', name: 'inference', match: { spec: { replicas: 2 } } },
      /^Deployment inference: spec\.replicas is 1, wanted 2\.$/,
    ],
    ['too few match', { object: 'Pod', labels: { app: 'inference' }, atLeast: 2 }, /Only 1 of 2/],
    ['labels select nothing', { object: 'Pod', labels: { app: 'other' } }, /There is no Pod of the kind/],
    ['the unwanted is there', { object: 'Service', name: 'inference', absent: true }, /still there/],
    ['and says what its author wants said', { object: 'ConfigMap', name: 'config', otherwise: 'Make it first.' }, /^Make it first\.$/],
  ])('fails when %s', async (_, spec, reason) => {
    const verdict = await run(spec);
    expect(verdict.kind).toBe('fail');
    expect((verdict as { reason: string }).reason).toMatch(reason);
  });

  it('keeps Secret data out of its evidence', async () => {
    const verdict = await run({ object: 'Secret', name: 'inference-api-key' });
    expect(JSON.stringify(verdict)).not.toContain(Buffer.from('sk-lab-').toString('base64').slice(0, 8));
  });

  it('is refused with both a name and labels, or an operator that is unknown', () => {
    const base = { title: 't', explain: 'e', dimension: 'cloud-kubernetes', kind: 'object', object: 'Pod' };
    expect(objectCheckSchema.safeParse({ ...base, name: 'a', labels: {} }).success).toBe(false);
    expect(objectCheckSchema.safeParse({ ...base, name: 'a', match: { spec: { $gt: 1 } } }).success).toBe(false);
  });
});

describe('a file check', () => {
  const look = (text: string | undefined): Promise<Verdict> =>
    runFileCheck(
      checkOf('f', { kind: 'file', path: 'startup.log', contains: ['started', 'ready'] }) as FileCheck,
      testContext({ readFile: () => Promise.resolve(text) }),
    );

  it('passes when all is in the file, fails when something or the file is missing', async () => {
    expect(await look('started\nready')).toMatchObject({ kind: 'pass' });
    expect(await look('started')).toMatchObject({ kind: 'fail', reason: 'startup.log does not hold ready.' });
    expect(await look(undefined)).toMatchObject({ kind: 'fail', reason: 'There is no file startup.log in ~/lab yet.' });
  });

  it('can never be critical or reach out of ~/lab', () => {
    expect(() => checkOf('f', { kind: 'file', path: 'a', contains: ['x'], critical: true })).toThrow('cannot be critical');
    expect(() => checkOf('f', { kind: 'file', path: '../.kube/config', contains: ['x'] })).toThrow('below ~/lab');
  });
});

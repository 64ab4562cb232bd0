import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import { applyMergePatch } from '../../infra/cluster/meta/patch/merge-patch.ts';
import { planUndo, type Change } from './changes.ts';

const ref = { kind: 'Service', namespace: 'atlas', name: 'inference' };
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'inference', namespace: 'atlas', uid: 'u-1', resourceVersion: '7', labels: { app: 'inference' } },
  spec: { selector: { app: 'inference' }, ports: [{ port: 8000 }] },
  status: { loadBalancer: {} },
} as KubeObject & object;

describe('what takes a change back', () => {
  it.each<[string, object]>([
    ['a value that changes', { spec: { selector: { app: 'other' } } }],
    ['a field that is new', { spec: { sessionAffinity: 'ClientIP' } }],
    ['a field that goes', { metadata: { labels: null } }],
    ['an object that is new', { metadata: { annotations: { why: 'x' } } }],
    ['a list, which is replaced whole', { spec: { ports: [{ port: 1 }, { port: 2 }] } }],
    ['a scalar where an object was', { spec: { selector: 'none' } }],
  ])('%s', (_, patch) => {
    const changed = applyMergePatch(service, patch);
    expect(changed).not.toEqual(service);
    const [undo] = planUndo({ kind: 'patch', ref, patch }, service);
    expect(applyMergePatch(changed, undo?.kind === 'patch' ? undo.patch : undefined)).toEqual(service);
  });

  it('names only what the change names, so that other changes of the trainee stay', () => {
    expect(planUndo({ kind: 'patch', ref, patch: { spec: { selector: { app: 'other' } } } }, service)).toEqual([
      { kind: 'patch', ref, patch: { spec: { selector: { app: 'inference' } } } },
    ]);
  });

  it.each<[string, Change, KubeObject | undefined, readonly Change[]]>([
    ['what is in place already', { kind: 'patch', ref, patch: { spec: { selector: { app: 'inference' } } } }, service, []],
    ['a new object', { kind: 'create', object: service }, undefined, [{ kind: 'remove', ref }]],
    ['one that was there', { kind: 'create', object: service }, service, []],
    ['one that was absent', { kind: 'remove', ref }, undefined, []],
  ])('%s', (_, change, present, undo) => expect(planUndo(change, present)).toEqual(undo));

  it('brings a removed object back without what the API server assigned', () => {
    const { status: _, ...rest } = service as KubeObject & { status: object };
    const metadata = { name: 'inference', namespace: 'atlas', labels: { app: 'inference' } };
    expect(planUndo({ kind: 'remove', ref }, service)).toEqual([{ kind: 'create', object: { ...rest, metadata } }]);
  });

  it('says what is missing', () => {
    expect(() => planUndo({ kind: 'patch', ref, patch: {} }, undefined)).toThrow('There is no Service inference');
  });
});

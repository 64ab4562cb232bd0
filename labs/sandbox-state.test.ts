import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConfigMap } from '../infra/cluster/meta/generated/types.ts';
import { ManualClock } from '../infra/cluster/meta/manual-clock.ts';
import { FakeObjects } from '../grader/testing/fake-objects.ts';
import { whileTimePasses } from '../grader/testing/pass-time.ts';
import { ownLabsDir, parseLab } from './catalogue.ts';
import { readLabFiles } from './lab-files.ts';
import { planLabVariant, RenderedLab } from './lab.ts';
import { SandboxState } from './sandbox-state.ts';
import { SandboxVault } from './sandbox-vault.ts';
import type { SandboxAccess } from './sandbox.ts';

const { signal } = new AbortController();
const mapOf = (namespace: string, value: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace },
  data: { value },
});

describe('what is kept of a lab’s namespaces', () => {
  function setUp(): { readonly objects: FakeObjects; readonly clock: ManualClock; readonly state: SandboxState } {
    const objects = new FakeObjects(mapOf('own', 'as it was'), mapOf('neighbours', 'as it was'), mapOf('others', 'as it was'));
    for (const name of ['own', 'neighbours']) objects.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    const clock = new ManualClock();
    const access = { objects, vault: new SandboxVault(objects), clock } as unknown as SandboxAccess;
    return { objects, clock, state: new SandboxState(access, ['own', 'neighbours']) };
  }
  const valueIn = async (objects: FakeObjects, namespace: string): Promise<string | undefined> =>
    (await objects.find<ConfigMap>({ kind: 'ConfigMap', namespace, name: 'settings' }))?.data?.['value'];

  it('comes back in all of them, and nowhere else', async () => {
    const { objects, state } = setUp();
    expect(await state.isKept('healthy')).toBe(false);
    await state.keep('healthy');
    expect(await state.isKept('healthy')).toBe(true);
    for (const namespace of ['own', 'others']) objects.put(mapOf(namespace, 'changed'));
    await objects.remove({ kind: 'ConfigMap', namespace: 'neighbours', name: 'settings' });
    await state.restore('healthy', signal);
    expect(await valueIn(objects, 'own')).toBe('as it was');
    expect(await valueIn(objects, 'neighbours')).toBe('as it was');
    expect(await valueIn(objects, 'others')).toBe('changed');
  });

  it('comes back in a namespace that was deleted', async () => {
    const { objects, clock, state } = setUp();
    await state.keep('start');
    await objects.remove({ kind: 'Namespace', name: 'neighbours' });
    await objects.remove({ kind: 'ConfigMap', namespace: 'neighbours', name: 'settings' });
    await whileTimePasses(clock, state.restore('start', signal));
    expect(await objects.find({ kind: 'Namespace', name: 'neighbours' })).toBeDefined();
    expect(await valueIn(objects, 'neighbours')).toBe('as it was');
  });
});

it('takes a lab’s namespaces and parts from its manifests and checks, by the names of the variant', async () => {
  const parsed = parseLab('paths', await readLabFiles(path.join(ownLabsDir, 'paths'))).lab!;
  const variant = planLabVariant(parsed, 'any', 'wrong-node');
  const lab = new RenderedLab(parsed, variant);
  expect(lab.namespaces()).toEqual([variant.values['namespace'], variant.values['research']]);
  expect(lab.parts()).toMatchObject([{ deployment: 'sorter', model: variant.values['sorterModel'] }]);
  const alone = parseLab('endpoint', await readLabFiles(path.join(ownLabsDir, 'endpoint'))).lab!;
  const simple = new RenderedLab(alone, planLabVariant(alone, 'any'));
  expect(simple.namespaces()).toHaveLength(1);
  expect(simple.parts()).toEqual([]);
});

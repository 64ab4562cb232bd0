// Writes to a cluster's store as fast as it can and says on its output what was answered, until it is killed: see store-kill.test.ts.
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import { ObjectStore } from '../../infra/cluster/store/object-store.ts';

const RESOURCE = '/configmaps';
const NAMES = 40;
const [file = ''] = process.argv.slice(2);
const store = new ObjectStore({ file, log: { warn: () => {} }, compactAboveBytes: 200_000 });

function write(): { readonly key: string; readonly object?: KubeObject } {
  const name = `c${Math.floor(Math.random() * NAMES)}`;
  const key = `default/${name}`;
  const held = store.get(RESOURCE, key);
  if (held !== undefined && Math.random() < 0.2) {
    store.delete(RESOURCE, key);
    return { key };
  }
  const uid = held?.metadata.uid ?? randomUUID();
  const pad = 'x'.repeat(Math.floor(Math.random() ** 4 * 20_000));
  const next = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid },
    data: { pad },
  } as unknown as KubeObject;
  const outcome = held === undefined ? store.create(RESOURCE, next) : store.update(RESOURCE, next, held.metadata.resourceVersion ?? '');
  if (outcome.kind !== 'written') throw new Error(outcome.kind);
  return { key, object: outcome.object };
}

/** Synchronous, so that what was answered is in the pipe before the next write begins. */
function answer({ key, object }: { readonly key: string; readonly object?: KubeObject }): void {
  const pad = (object as { data?: { pad: string } } | undefined)?.data?.pad.length ?? -1;
  writeSync(1, `${store.revision} ${key} ${object?.metadata.uid ?? '-'} ${object?.metadata.resourceVersion ?? '-'} ${pad}\n`);
}

function work(): void {
  for (let count = 0; count < 20; count += 1) answer(write());
  setImmediate(work);
}
work();

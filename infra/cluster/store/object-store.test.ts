import { fork } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../meta/kube-object.ts';
import { ObjectStore } from './object-store.ts';
import { WatchOverflowError } from './watch-queue.ts';

const configMap = (name: string, data: Record<string, string> = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data }) as KubeObject;
const RESOURCE = '/configmaps';
const written = (outcome: ReturnType<ObjectStore['create']>): KubeObject => {
  if (outcome.kind !== 'written') throw new Error(outcome.kind);
  return outcome.object;
};

describe('ObjectStore', () => {
  it('counts one revision over all resources and stamps objects with it', () => {
    const store = new ObjectStore();
    const first = written(store.create(RESOURCE, configMap('a')));
    const second = written(store.create('/secrets', configMap('b')));
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1);
    expect(store.revision).toBe(Number(second.metadata.resourceVersion));
  });

  it('hands out what cannot be changed', () => {
    const object = written(new ObjectStore().create(RESOURCE, configMap('a', { k: 'v' }))) as unknown as { data: Record<string, string> };
    expect(() => (object.data['k'] = 'w')).toThrow(TypeError);
  });

  it('refuses a second creation, a stale update and a write to nothing', () => {
    const store = new ObjectStore();
    const first = written(store.create(RESOURCE, configMap('a')));
    const version = first.metadata.resourceVersion ?? '';
    expect(store.create(RESOURCE, configMap('a')).kind).toBe('exists');
    expect(store.update(RESOURCE, configMap('a', { x: '1' }), version).kind).toBe('written');
    expect(store.update(RESOURCE, configMap('a', { x: '2' }), version).kind).toBe('stale');
    expect(store.update(RESOURCE, configMap('b'), version).kind).toBe('absent');
    expect(store.delete(RESOURCE, 'default/b').kind).toBe('absent');
  });

  it('lists in order and by namespace', () => {
    const store = new ObjectStore();
    for (const name of ['b', 'a']) store.create(RESOURCE, configMap(name));
    store.create(RESOURCE, { ...configMap('c'), metadata: { name: 'c', namespace: 'other' } });
    expect(store.list(RESOURCE).map((object) => object.metadata.name)).toEqual(['a', 'b', 'c']);
    expect(store.list(RESOURCE, 'other').map((object) => object.metadata.name)).toEqual(['c']);
  });

  it('tells a watcher of what came after its revision, in order, and ends when closed', async () => {
    const store = new ObjectStore();
    const first = written(store.create(RESOURCE, configMap('a')));
    store.create(RESOURCE, configMap('b'));
    const watch = store.watch(RESOURCE, Number(first.metadata.resourceVersion));
    if (watch.kind !== 'watching') throw new Error(watch.kind);
    store.delete(RESOURCE, 'default/a');
    const events = await watch.queue.next();
    expect(events?.map((event) => [event.type, event.object.metadata.name])).toEqual([
      ['ADDED', 'b'],
      ['DELETED', 'a'],
    ]);
    watch.close();
    expect(await watch.queue.next()).toBeUndefined();
  });

  it('says expired to a watcher that is too far behind, and to one that is too slow', async () => {
    const store = new ObjectStore();
    const slow = store.watch(RESOURCE, store.revision);
    for (let index = 0; index < 10_001; index += 1) {
      const object = configMap('a', { n: String(index) });
      const held = store.get(RESOURCE, 'default/a');
      if (held === undefined) store.create(RESOURCE, object);
      else store.update(RESOURCE, object, held.metadata.resourceVersion ?? '');
    }
    expect(store.watch(RESOURCE, 2).kind).toBe('expired');
    if (slow.kind !== 'watching') throw new Error(slow.kind);
    await expect(slow.queue.next()).rejects.toThrow(WatchOverflowError);
  });
});

describe('a durable store', () => {
  let folder: string;
  let file: string;
  const warnings: object[] = [];
  const log = { warn: (fields: object) => void warnings.push(fields) };
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'store-'));
    file = path.join(folder, 'journal');
    warnings.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('resumes objects, their versions and the counter', () => {
    const store = new ObjectStore({ file, log });
    store.create(RESOURCE, configMap('a'));
    const b = written(store.create(RESOURCE, configMap('b')));
    store.delete(RESOURCE, 'default/a');
    store.close();
    const resumed = new ObjectStore({ file, log });
    expect(resumed.revision).toBe(store.revision);
    expect(resumed.list(RESOURCE)).toEqual([b]);
    expect(resumed.watch(RESOURCE, 2).kind).toBe('expired');
    expect(resumed.watch(RESOURCE, resumed.revision).kind).toBe('watching');
    resumed.close();
  });

  it.each([
    ['half a record', (text: string) => text.slice(0, -20)],
    ['a record without its end', (text: string) => text.slice(0, -1)],
    ['noise', (text: string) => `${text}\u0000\u0001garbage`],
    ['a flipped letter', (text: string) => text.replace('"name":"b"', '"name":"x"')],
  ])('cuts off %s at the end, with a word, and goes on', (_name, damage) => {
    const store = new ObjectStore({ file, log });
    store.create(RESOURCE, configMap('a'));
    store.create(RESOURCE, configMap('b'));
    store.close();
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    const resumed = new ObjectStore({ file, log });
    expect(warnings).toHaveLength(1);
    expect(resumed.get(RESOURCE, 'default/a')).toBeDefined();
    expect(resumed.create(RESOURCE, configMap('c')).kind).toBe('written');
    resumed.close();
    const again = new ObjectStore({ file, log });
    expect(warnings).toHaveLength(1);
    expect(again.get(RESOURCE, 'default/c')).toBeDefined();
    again.close();
  });

  it('stays small however often an object changes', async () => {
    const store = new ObjectStore({ file, log });
    let object = written(store.create(RESOURCE, configMap('a')));
    for (let index = 0; index < 300; index += 1) {
      object = written(
        store.update(RESOURCE, configMap('a', { big: 'x'.repeat(100_000), n: String(index) }), object.metadata.resourceVersion ?? ''),
      );
      // Writes come from requests; compaction goes on between them.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => statSync(file).size, { timeout: 10_000 }).toBeLessThan(9_000_000);
    store.close();
    const resumed = new ObjectStore({ file, log });
    expect(resumed.get(RESOURCE, 'default/a')).toEqual(object);
    expect(resumed.revision).toBe(store.revision);
    resumed.close();
  });

  it('holds every answered write after kill -9 at any moment', async () => {
    const program = path.join(folder, 'writer.mts');
    writeFileSync(
      program,
      `import { ObjectStore } from ${JSON.stringify(path.join(import.meta.dirname, 'object-store.ts'))};
       const store = new ObjectStore({ file: ${JSON.stringify(file)}, log: { warn() {} } });
       for (let n = store.count('/configmaps'); ; n += 1) {
         store.create('/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' + n, namespace: 'default' }, data: { pad: 'x'.repeat(n % 5000) } });
         process.send(n);
         if (n % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
       }`,
    );
    for (let round = 0; round < 3; round += 1) {
      const answered = await writeUntilKilled(program, 20 + round * 40);
      const resumed = new ObjectStore({ file, log });
      for (let n = 0; n <= answered; n += 1) expect(resumed.get(RESOURCE, `default/c${n}`), `c${n} of ${answered}`).toBeDefined();
      resumed.close();
    }
    appendFileSync(file, 'torn');
    expect(new ObjectStore({ file, log }).count(RESOURCE)).toBeGreaterThan(20);
  });
});

/** Lets a child write until it has answered `enough` writes, kills it, and answers the last write it had answered. */
function writeUntilKilled(program: string, enough: number): Promise<number> {
  return new Promise((resolve) => {
    const child = fork(program, { execArgv: ['--import', 'tsx'], stdio: 'ignore' });
    let last = -1;
    let seen = 0;
    child.on('message', (n: number) => {
      last = n;
      seen += 1;
      if (seen === enough) child.kill('SIGKILL');
    });
    child.once('exit', () => resolve(last));
  });
}

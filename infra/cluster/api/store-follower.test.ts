import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../meta/kube-object.ts';
import { ObjectStore } from '../store/object-store.ts';
import { StoreFollower } from './store-follower.ts';

const storage = 'example.com/widgets';
const widget = (name: string, size = 0): KubeObject & { readonly spec: object } => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec: { size },
});

let store: ObjectStore;
let follower: StoreFollower;
let told: string[];
let failures: unknown[];
let onPut: (name: string) => void;

beforeEach(() => {
  store = new ObjectStore();
  told = [];
  failures = [];
  onPut = () => {};
  follower = new StoreFollower(store, storage, {
    put: ({ metadata }) => {
      told.push(`put ${metadata.name}`);
      onPut(metadata.name);
    },
    gone: ({ metadata }) => void told.push(`gone ${metadata.name}`),
    failed: (error) => void failures.push(error),
  });
});

afterEach(() => {
  follower[Symbol.dispose]();
  store.close();
});

describe('StoreFollower', () => {
  it('tells of what is there before it comes back, and of all that happens after', async () => {
    store.create(storage, widget('a'));
    follower.start();
    expect(told).toEqual(['put a']);
    store.create(storage, widget('b'));
    store.delete(storage, '/a');
    store.create('other/things', widget('c'));
    await expect.poll(() => told).toEqual(['put a', 'put b', 'gone a']);
  });

  it('goes on where one object cannot be dealt with', async () => {
    onPut = (name) => {
      if (name === 'bad') throw new Error('cannot');
    };
    store.create(storage, widget('bad'));
    follower.start();
    store.create(storage, widget('good'));
    await expect.poll(() => told).toContain('put good');
    expect(failures).toEqual([new Error('cannot')]);
  });

  it('looks at all again where it could not keep up, deletions among them', async () => {
    store.create(storage, widget('first'));
    follower.start();
    // More than a watcher may have waiting, before it can take any.
    for (let index = 0; index < 10_001; index += 1) {
      store.create(storage, widget(`n${index}`));
      if (index < 10_000) store.delete(storage, `/n${index}`);
    }
    store.delete(storage, '/first');
    await expect.poll(() => told).toEqual(['put first', 'gone first', 'put n10000']);
    store.create(storage, widget('later'));
    await expect.poll(() => told.at(-1)).toBe('put later');
    expect(failures).toEqual([]);
  });

  it('is silent once it is disposed', async () => {
    follower.start();
    follower[Symbol.dispose]();
    store.create(storage, widget('a'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
  });
});

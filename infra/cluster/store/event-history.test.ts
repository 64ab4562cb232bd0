import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../meta/kube-object.ts';
import { EventHistory } from './event-history.ts';
import type { StoreEvent } from './object-store.ts';
import { WatchOverflowError, WatchQueue } from './watch-queue.ts';

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } as KubeObject;
const event = (revision: number, bytes: number): StoreEvent => ({ revision, type: 'MODIFIED', object, bytes });

describe('EventHistory', () => {
  it('answers what came after a revision', () => {
    const history = new EventHistory(0);
    for (const revision of [3, 5, 9]) history.push(event(revision, 10));
    expect(history.after(0).map(({ revision }) => revision)).toEqual([3, 5, 9]);
    expect(history.after(5).map(({ revision }) => revision)).toEqual([9]);
    expect(history.after(9)).toEqual([]);
    expect(history.compactedRevision).toBe(0);
  });

  it.each([
    ['many small ones', 10_000, 100, 2_000],
    ['few large ones', 50, 300_000, 7],
  ])('keeps a bounded part of %s, the newest, and says from where on', (_name, count, bytes, most) => {
    const history = new EventHistory(0);
    for (let revision = 1; revision <= count; revision += 1) history.push(event(revision, bytes));
    const kept = history.after(0);
    expect(kept.length).toBeLessThanOrEqual(most);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.at(-1)?.revision).toBe(count);
    expect(history.compactedRevision).toBe((kept[0]?.revision ?? 0) - 1);
  });
});

describe('WatchQueue', () => {
  it('gives up on a reader that leaves too many bytes waiting, but takes one event of any size', async () => {
    const queue = new WatchQueue();
    queue.push(event(1, 100_000_000));
    expect(await queue.next()).toHaveLength(1);
    for (let revision = 2; revision < 40; revision += 1) queue.push(event(revision, 1_000_000));
    await expect(queue.next()).rejects.toThrow(WatchOverflowError);
  });
});

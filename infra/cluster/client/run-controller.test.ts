import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../meta/kube-object.ts';
import { ManualClock } from '../meta/manual-clock.ts';
import { Expectations } from './expectations.ts';
import { FakeRefusal } from './fake-api-client.ts';
import { planClaims } from './owner-claims.ts';
import { runController, TerminalError, type ReconcileResult } from './run-controller.ts';
import { WorkQueue } from './work-queue.ts';

let clock: ManualClock;
let queue: WorkQueue;
let running: Promise<void>;
let warnings: string[];
let reconcile: (key: string) => Promise<ReconcileResult>;

beforeEach(() => {
  clock = new ManualClock();
  queue = new WorkQueue(clock);
  warnings = [];
  reconcile = async () => undefined;
  const log = { debug: () => {}, info: () => {}, warn: (_fields: object, message: string) => void warnings.push(message), error: () => {} };
  running = runController({ name: 'test', queue, workers: 2, log, reconcile: (key) => reconcile(key) });
});
afterEach(async () => {
  queue[Symbol.dispose]();
  await running;
});

test('an error is retried with growing delays until it goes away, and the delays then begin anew', async () => {
  const at: number[] = [];
  const startMs = clock.now();
  reconcile = async () => {
    at.push(clock.now() - startMs);
    if (at.length < 4) throw new Error('boom');
    return undefined;
  };
  queue.add('a');
  await clock.advance(100);
  expect(at).toEqual([0, 5, 15, 35]);
  expect(warnings).toHaveLength(3);
});

test('a refusal by the API is retried without a word; a terminal error is told and not retried', async () => {
  let tries = 0;
  reconcile = async (key) => {
    tries += 1;
    if (key === 'terminal') throw new TerminalError('InvalidImageName', 'no such thing');
    if (tries < 3) throw new FakeRefusal('Conflict', 409, 'stale');
    return undefined;
  };
  queue.add('conflict');
  await clock.advance(60_000);
  expect([tries, warnings]).toEqual([3, []]);
  queue.add('terminal');
  await clock.advance(60_000);
  expect([tries, warnings]).toEqual([4, ['gave up until the object changes']]);
});

test('a reconciler may ask to be called again later', async () => {
  let calls = 0;
  reconcile = async () => {
    calls += 1;
    return calls === 1 ? { requeueAfterMs: 1_000 } : undefined;
  };
  queue.add('a');
  await clock.advance(999);
  expect(calls).toBe(1);
  await clock.advance(1);
  expect(calls).toBe(2);
});

test('workers that are never idle still let timers and sockets have their turn', async () => {
  let isStopped = false;
  let rounds = 0;
  reconcile = async (key) => {
    rounds += 1;
    if (!isStopped) queue.add(key);
    return undefined;
  };
  queue.add('busy');
  await new Promise((resolve) => setTimeout(resolve, 20));
  isStopped = true;
  expect(rounds).toBeGreaterThan(10);
});

test('expectations hold a controller back until they are met or too old', () => {
  const expectations = new Expectations(clock);
  expect(expectations.satisfied('a')).toBe(true);
  expectations.expect('a', { creations: 2, deletions: ['x'] });
  expectations.creationObserved('a');
  expectations.deletionObserved('a', 'y');
  expect(expectations.satisfied('a')).toBe(false);
  expectations.creationObserved('a');
  expectations.deletionObserved('a', 'x');
  expect(expectations.satisfied('a')).toBe(true);
  expectations.creationObserved('a');
  expectations.expect('a', { creations: 1 });
  expect(expectations.satisfied('a')).toBe(false);
});

test('expectations that are never met are given up after five minutes', async () => {
  const expectations = new Expectations(clock);
  expectations.expect('a', { creations: 1 });
  await clock.advance(300_001);
  expect(expectations.satisfied('a')).toBe(true);
});

const object = (name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: name, labels: { app: 'web' }, ...more },
});
const owned = (uid: string): Partial<KubeObject['metadata']> => ({
  ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: uid, uid, controller: true }],
});
const unselected = { labels: { app: 'other' } };
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };

test.each<[string, KubeObject, Partial<KubeObject['metadata']>, 'owned' | 'adopt' | 'release' | 'none']>([
  ['its own', object('p', owned('owner')), {}, 'owned'],
  ['its own that is going', object('p', { ...owned('owner'), ...deleted }), {}, 'owned'],
  ['its own that matches no more', object('p', { ...owned('owner'), ...unselected }), {}, 'release'],
  ["a namesake's", object('p', owned('owner-of-old')), {}, 'none'],
  ['an orphan', object('p'), {}, 'adopt'],
  ['an orphan that is going', object('p', deleted), {}, 'none'],
  ['an orphan that does not match', object('p', unselected), {}, 'none'],
  ['an orphan when the owner is going', object('p'), deleted, 'none'],
])('claims: %s', (_name, candidate, ownerState, expected) => {
  const plan = planClaims(object('owner', ownerState), ({ metadata }) => metadata.labels?.['app'] === 'web', [candidate]);
  const got = (['owned', 'adopt', 'release'] as const).find((kind) => plan[kind].length > 0) ?? 'none';
  expect(got).toBe(expected);
});

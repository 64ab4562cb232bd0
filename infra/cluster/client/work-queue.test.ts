import { expect, test } from 'vitest';
import { ManualClock } from '../meta/manual-clock.ts';
import { WorkQueue } from './work-queue.ts';

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('guarantee 1, fair: keys come out in the order in which they were added', async () => {
  const queue = new WorkQueue(new ManualClock());
  for (const key of ['a', 'b', 'c']) queue.add(key);
  expect([await queue.next(), await queue.next(), await queue.next()]).toEqual(['a', 'b', 'c']);
});

test('guarantee 2, stingy: added often it comes out once, and never to two workers at once', async () => {
  const queue = new WorkQueue(new ManualClock());
  for (const key of ['a', 'a', 'a', 'b']) queue.add(key);
  expect(await queue.next()).toBe('a');
  queue.add('a');
  expect(await queue.next()).toBe('b');
  let second: string | undefined;
  void queue.next().then((key) => (second = key));
  await soon();
  expect(second).toBeUndefined();
  queue.done('a');
  await soon();
  expect(second).toBe('a');
});

test('guarantee 3: a key added while it is processed comes out once more, and only once', async () => {
  const queue = new WorkQueue(new ManualClock());
  queue.add('a');
  await queue.next();
  queue.add('a');
  queue.add('a');
  queue.done('a');
  expect(queue.length).toBe(1);
  expect(await queue.next()).toBe('a');
  queue.done('a');
  expect(queue.length).toBe(0);
});

test('guarantee 4: waiting workers are told of the end, and nothing comes out after it', async () => {
  const clock = new ManualClock();
  const queue = new WorkQueue(clock);
  const waiting = queue.next();
  queue.addAfter('late', 1000);
  queue[Symbol.dispose]();
  queue.add('a');
  await clock.advance(2000);
  expect(await waiting).toBeUndefined();
  expect(await queue.next()).toBeUndefined();
});

test('of several delays the earliest counts', async () => {
  const clock = new ManualClock();
  const queue = new WorkQueue(clock);
  queue.addAfter('a', 5000);
  queue.addAfter('a', 1000);
  queue.addAfter('a', 9000);
  await clock.advance(999);
  expect(queue.length).toBe(0);
  await clock.advance(1);
  expect(queue.length).toBe(1);
  await queue.next();
  queue.done('a');
  await clock.advance(20_000);
  expect(queue.length).toBe(0);
});

test('back-off doubles from 5 ms to 30 s and starts anew when forgotten', async () => {
  const clock = new ManualClock();
  const queue = new WorkQueue(clock);
  const delays: number[] = [];
  for (let attempt = 0; attempt < 16; attempt += 1) {
    const from = clock.now();
    queue.addRateLimited('a');
    while (queue.length === 0) await clock.advance(attempt < 8 ? 5 : 640);
    delays.push(clock.now() - from);
    await queue.next();
    queue.done('a');
  }
  expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
  expect(delays.at(-1)).toBeLessThanOrEqual(30_640);
  queue.forget('a');
  queue.addRateLimited('a');
  await clock.advance(5);
  expect(queue.length).toBe(1);
});

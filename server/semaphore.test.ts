import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Semaphore } from './semaphore.ts';

/** Work that is told when it ends. */
function controlled() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string) => (): Promise<string> => {
    begun.push(name);
    return new Promise((resolve, reject) => ends.set(name, (error) => (error === undefined ? resolve(name) : reject(error))));
  };
  return { begun, work, end: (name: string, error?: Error) => ends.get(name)?.(error) };
}

it('runs so many at once, the first without waiting and the rest in order', async () => {
  const { begun, work, end } = controlled();
  const semaphore = new Semaphore(2);
  const all = ['a', 'b', 'c', 'd'].map((name) => semaphore.run(work(name)));
  expect(begun).toEqual(['a', 'b']);
  end('b');
  await expect(all[1]).resolves.toBe('b');
  await setImmediate();
  expect(begun).toEqual(['a', 'b', 'c']);
  end('a');
  await setImmediate();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
});

it('tells a failure to its own caller and goes on with the next', async () => {
  const { begun, work, end } = controlled();
  const semaphore = new Semaphore(1);
  const failing = semaphore.run(work('a'));
  const next = semaphore.run(work('b'));
  end('a', new Error('It broke.'));
  await expect(failing).rejects.toThrow('It broke.');
  await setImmediate();
  expect(begun).toEqual(['a', 'b']);
  end('b');
  await expect(next).resolves.toBe('b');
});

import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('lets the same key wait and other keys go on', async () => {
  const turns = new Turns();
  const begun: string[] = [];
  let endFirst = (): void => undefined;
  const first = turns.run('ana', () => {
    begun.push('ana 1');
    return new Promise<void>((resolve) => (endFirst = resolve));
  });
  const second = turns.run('ana', async () => begun.push('ana 2'));
  const third = turns.run('ana', async () => begun.push('ana 3'));
  await turns.run('bo', async () => begun.push('bo'));
  await setImmediate();
  expect(begun).toEqual(['ana 1', 'bo']);
  endFirst();
  await Promise.all([first, second, third]);
  expect(begun).toEqual(['ana 1', 'bo', 'ana 2', 'ana 3']);
});

it('tells a failure to its own caller and goes on with the next', async () => {
  const turns = new Turns();
  const failing = turns.run('ana', () => Promise.reject(new Error('It broke.')));
  const next = turns.run('ana', () => Promise.resolve('done'));
  await expect(failing).rejects.toThrow('It broke.');
  await expect(next).resolves.toBe('done');
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withMachineLock } from './machine-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drillhouse-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const silent = (): void => undefined;

test('work under one name never overlaps', async () => {
  let inside = 0;
  let most = 0;
  const work = () =>
    withMachineLock(
      'x',
      silent,
      async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      },
      { folder },
    );
  await Promise.all([work(), work(), work()]);
  expect(most).toBe(1);
  expect(existsSync(path.join(folder, 'drillhouse-x.lock'))).toBe(false);
});

test('a lock whose owner was killed is taken over', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(path.join(folder, 'drillhouse-x.lock'), String(pid));
  expect(await withMachineLock('x', silent, async () => 'done', { folder, maxWaitMs: 1_000 })).toBe('done');
});

test('a lock held too long is named with its owner, after having said who is waited for', async () => {
  writeFileSync(path.join(folder, 'drillhouse-x.lock'), String(process.ppid));
  const said: string[] = [];
  await expect(
    withMachineLock(
      'x',
      (line) => said.push(line),
      async () => 'never',
      { folder, maxWaitMs: 0 },
    ),
  ).rejects.toThrow(String(process.ppid));
  expect(said).toHaveLength(1);
});

test('work that fails gives the lock back', async () => {
  await expect(withMachineLock('x', silent, () => Promise.reject(new Error('no')), { folder })).rejects.toThrow('no');
  expect(await withMachineLock('x', silent, async () => 'next', { folder, maxWaitMs: 0 })).toBe('next');
});

import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { ChaosWorld, namespace } from './chaos-world.ts';

const waiting = { timeout: 30_000, interval: 200 };
const web = { selector: { labelSelectors: { app: 'web' } }, mode: 'all' } as const;
let world: ChaosWorld;

/** The same experiments where the kernel carries the packets and counts the memory. */
beforeAll(async () => {
  world = await ChaosWorld.start('docker');
  await vi.waitFor(async () => expect((await world.ask()).status).toBe(200), waiting);
}, 300_000);
afterEach(() => world.chaos.deleteAll(namespace), 60_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

it('NetworkChaos delays packets, and then does not', async () => {
  const name = { namespace, name: 'delay' };
  await world.chaos.create({ kind: 'NetworkChaos', ...name, spec: { ...web, action: 'delay', delay: { latency: '400ms' } } });
  await world.chaos.awaitInjected('NetworkChaos', name);
  const slow = await world.ask();
  expect(slow.status).toBe(200);
  expect(slow.tookMs).toBeGreaterThan(400);
  await world.chaos.delete('NetworkChaos', name);
  await expect.poll(async () => (await world.ask()).tookMs, waiting).toBeLessThan(400);
}, 90_000);

it('NetworkChaos drops packets between the pods that it names', async () => {
  const target = { selector: { pods: { [namespace]: ['client'] } }, mode: 'all' } as const;
  await world.chaos.create({
    kind: 'NetworkChaos',
    namespace,
    name: 'cut',
    spec: { ...web, action: 'partition', direction: 'from', target },
  });
  await world.chaos.awaitInjected('NetworkChaos', { namespace, name: 'cut' });
  expect((await world.ask({ timeoutMs: 2_000 })).error).toBe('TimeoutError');
}, 90_000);

it('StressChaos takes memory that the container’s cgroup counts, and gives it back', async () => {
  const before = (await world.usage()).memoryBytes;
  const name = { namespace, name: 'memory' };
  await world.chaos.create({ kind: 'StressChaos', ...name, spec: { ...web, stressors: { memory: { workers: 1, size: '40%' } } } });
  await world.chaos.awaitInjected('StressChaos', name);
  await expect.poll(async () => (await world.usage()).memoryBytes - before, waiting).toBeGreaterThan(90 * 2 ** 20);
  await world.chaos.delete('StressChaos', name);
  await expect.poll(async () => (await world.usage()).memoryBytes - before, waiting).toBeLessThan(40 * 2 ** 20);
}, 90_000);

it('HTTPChaos stands in the way of what goes through the Service', async () => {
  const name = { namespace, name: 'http' };
  await world.chaos.create({ kind: 'HTTPChaos', ...name, spec: { ...web, port: 8080, target: 'Response', replace: { code: 418 } } });
  await world.chaos.awaitInjected('HTTPChaos', name);
  expect((await world.ask()).status).toBe(418);
  await world.chaos.delete('HTTPChaos', name);
  expect((await world.ask()).status).toBe(200);
}, 90_000);

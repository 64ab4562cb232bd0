import { expect, it } from 'vitest';
import type { SandboxPlace } from '../infra/substrate/sandbox-place.ts';
import { systemNamespace } from '../infra/substrate/system-namespace.ts';
import { placedChaos, placedRun, placedSessions } from './placed-access.ts';
import type { SandboxChaos } from './sandbox.ts';
import { proberPod, workspacePod } from './system-objects.ts';

const place: SandboxPlace = { namespace: 'dh-1', hiddenNamespace: 'dh-1-hidden', registry: 'registry.lab' };

it('runs commands of ours in the hidden namespace, and those of the lab where it says', async () => {
  const where: string[] = [];
  const run = placedRun(async ({ namespace }) => {
    where.push(namespace);
    return { exitCode: 0, stdout: '', stderr: '' };
  }, place);
  const open = placedSessions(async ({ namespace }) => {
    where.push(namespace);
    return { send: () => undefined, close: () => undefined };
  }, place);
  await run({ ...workspacePod, command: ['true'], timeoutMs: 1000 });
  await run({ namespace: 'dh-1', pod: 'inference', container: 'server', command: ['true'], timeoutMs: 1000 });
  await open({ ...proberPod, command: ['serve'] }, { onLine: () => undefined, onEnd: () => undefined });
  expect(where).toEqual(['dh-1-hidden', 'dh-1', 'dh-1-hidden']);
});

it('keeps experiments in the hidden namespace, about pods where the lab’s are', async () => {
  const asked: unknown[] = [];
  const note = async (...words: readonly unknown[]): Promise<never> => {
    asked.push(...words);
    return undefined as never;
  };
  const real = { isServed: async () => true, create: note, list: note, awaitInjected: note, delete: note, deleteAll: note };
  const chaos = placedChaos(real as SandboxChaos, place);
  const name = { namespace: systemNamespace, name: 'fault-chaos-pod-kill' };
  const spec = { action: 'pod-kill', mode: 'one', selector: { namespaces: ['dh-1'] } } as const;
  await chaos.create({ kind: 'PodChaos', ...name, spec });
  await chaos.delete('PodChaos', name);
  await chaos.awaitInjected('PodChaos', name);
  await chaos.deleteAll(systemNamespace);
  const placed = { ...name, namespace: 'dh-1-hidden' };
  expect(asked.filter((each) => each !== undefined)).toEqual([
    { kind: 'PodChaos', ...placed, spec },
    'PodChaos',
    placed,
    'PodChaos',
    placed,
    'dh-1-hidden',
  ]);
  expect(await chaos.isServed()).toBe(true);
});

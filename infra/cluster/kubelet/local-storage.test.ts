import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Pod, Volume } from '../meta/generated/types.ts';
import { container, KubeletHarness } from './kubelet-harness.ts';
import { planEviction } from './local-storage.ts';
import { podDirOf } from './container-starter.ts';
import { folderBytes } from './volumes/folder-usage.ts';

const KIB = 1024;

function pod(volumes: Volume[], ...limits: (string | undefined)[]): Pod {
  const containers = limits.map((limit, index) => ({
    name: `c${index}`,
    ...(limit === undefined ? {} : { resources: { limits: { 'ephemeral-storage': limit } } }),
  }));
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { volumes, containers } };
}
const scratch = (sizeLimit?: string, medium?: string): Volume => ({
  name: 'scratch',
  emptyDir: { ...(sizeLimit === undefined ? {} : { sizeLimit }), ...(medium === undefined ? {} : { medium }) },
});

describe('who is evicted', () => {
  const overVolume = 'Usage of EmptyDir volume "scratch" exceeds the limit "1Ki". ';
  it.each<[string, Pod, number, string | undefined]>([
    ['at the limit nobody', pod([scratch('1Ki')], undefined), KIB, undefined],
    ['past it the pod', pod([scratch('1Ki')], undefined), KIB + 1, overVolume],
    ['in memory too', pod([scratch('1Ki', 'Memory')], undefined), KIB + 1, overVolume],
    ['a limit of nothing is none', pod([scratch('0')], undefined), KIB, undefined],
    ['no limit, no end', pod([scratch()], undefined), 1e12, undefined],
    [
      'past what the containers may use together',
      pod([scratch()], '1Ki', '1Ki'),
      2 * KIB + 1,
      'Pod ephemeral local storage usage exceeds the total limit of containers 2Ki. ',
    ],
    ['a container without a limit leaves the pod without one', pod([scratch()], '1Ki', undefined), 5 * KIB, undefined],
    ['memory is not on the disk', pod([scratch(undefined, 'Memory')], '1Ki'), 5 * KIB, undefined],
  ])('%s', (_, given, bytes, message) => {
    expect(planEviction(given, new Map([['scratch', bytes]]))).toBe(message);
  });
});

describe('the room a folder takes', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'usage-'));
  });
  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  it('is that of all files in it, deep ones included, and of nothing that links lead to', async () => {
    await mkdir(join(dir, 'used/deep'), { recursive: true });
    await writeFile(join(dir, 'outside'), Buffer.alloc(1024 * KIB));
    const empty = await folderBytes(join(dir, 'used'));
    await symlink(join(dir, 'outside'), join(dir, 'used/link'));
    await writeFile(join(dir, 'used/deep/file'), Buffer.alloc(64 * KIB));
    const bytes = (await folderBytes(join(dir, 'used'))) - empty;
    expect(bytes).toBeGreaterThanOrEqual(64 * KIB);
    expect(bytes).toBeLessThan(128 * KIB);
  });

  it('is nothing where there is none', async () => {
    expect(await folderBytes(join(dir, 'gone'))).toBe(0);
  });
});

test('a pod that outgrows its emptyDir is evicted at the next look, and says why', async () => {
  await using h = await KubeletHarness.start();
  h.runtime.behaviour = () => ({ stopsAfterMs: Infinity });
  const { metadata } = await h.createPod({ volumes: [scratch('16Ki')], containers: [container('c')], terminationGracePeriodSeconds: 600 });
  await h.until(async () => (await h.pod()).status?.phase === 'Running');
  await writeFile(join(podDirOf(h.dataDir, metadata.uid ?? ''), 'volumes/empty-dir/scratch/big'), Buffer.alloc(64 * KIB));
  await h.advance(9_000, 1_000);
  expect((await h.pod()).status?.phase).toBe('Running');
  await h.advance(2_000, 1_000);
  await h.until(() => h.runtime.calls.some((call) => call.startsWith('stop c#0')));
  await h.advance(1_000);
  await h.until(async () => (await h.pod()).status?.phase === 'Failed');
  const message = 'Usage of EmptyDir volume "scratch" exceeds the limit "16Ki". ';
  const { status } = await h.pod();
  expect(status).toMatchObject({ reason: 'Evicted', message, containerStatuses: [{ state: { terminated: { exitCode: 137 } } }] });
  expect(status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
    status: 'True',
    reason: 'TerminationByKubelet',
    message,
  });
  expect(await h.events()).toContain(`Warning Evicted ${message}`);
  expect(h.runtime.running()).toEqual([]);
});

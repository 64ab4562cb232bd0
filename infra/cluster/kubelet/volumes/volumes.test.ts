import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApiClient } from '../../client/fake-api-client.ts';
import { resources } from '../../client/resources.ts';
import type { ConfigMap, Container, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Volume } from '../../meta/generated/types.ts';
import { ManualClock } from '../../meta/manual-clock.ts';
import { AtomicWriter } from './atomic-writer.ts';
import { containerMounts } from './container-mounts.ts';
import { PodVolumes, type VolumePlace } from './pod-volumes.ts';
import { removeStrayData, removeVolumeData } from './claim-volumes.ts';
import { SharedVolumes } from './shared-volumes.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'volumes-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const payload = (files: Record<string, string>): Map<string, { data: Buffer; mode: number }> =>
  new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode: 0o644 }]));
const visible = async (): Promise<string[]> => (await readdir(dir)).filter((name) => !name.startsWith('..')).sort();

test('files are reached through ..data, which moves from one folder to the next', async () => {
  const writer = new AtomicWriter(dir);
  expect(await writer.write(payload({ a: '1', 'deep/b': '2' }))).toBe(true);
  const first = await readlink(join(dir, '..data'));
  expect(await readlink(join(dir, 'a'))).toBe('..data/a');
  expect(await readFile(join(dir, 'deep/b'), 'utf8')).toBe('2');
  expect(await writer.write(payload({ a: '1', 'deep/b': '2' }))).toBe(false);
  expect(await writer.write(payload({ a: 'new', c: '3' }))).toBe(true);
  const second = await readlink(join(dir, '..data'));
  expect(second).not.toBe(first);
  expect(await visible()).toEqual(['a', 'c']);
  expect(await readFile(join(dir, 'a'), 'utf8')).toBe('new');
  expect((await readdir(dir)).filter((name) => name.startsWith('..')).sort()).toEqual([second, '..data'].sort());
});

test('modes are as asked, whatever the umask, and what a killed write left behind goes', async () => {
  await mkdir(join(dir, '..2020_01_01_00_00_00.dead'));
  await symlink('nowhere', join(dir, '..data_tmp'));
  await new AtomicWriter(dir).write(new Map([['key', { data: Buffer.from('x'), mode: 0o400 }]]));
  expect((await stat(join(dir, 'key'))).mode & 0o777).toBe(0o400);
  expect(await readdir(dir)).not.toContain('..2020_01_01_00_00_00.dead');
});

const place = { podIp: '10.0.0.7', hostIp: '192.0.2.2', nodeName: 'n', allocatable: {} };

function volumesOf(objects: { readonly configMap?: ConfigMap; readonly secret?: Secret }): {
  volumes: PodVolumes;
  clock: ManualClock;
  api: FakeApiClient;
} {
  const clock = new ManualClock();
  const api = new FakeApiClient(clock);
  const references = { configMap: async () => objects.configMap, secret: async () => objects.secret };
  return { volumes: new PodVolumes({ api, clock, references, podDir: dir, volumesDir: join(dir, 'outliving') }), clock, api };
}
const podWith = (...volumes: Volume[]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'ns', uid: 'u', labels: { app: 'web' } },
  spec: { containers: [], volumes, serviceAccountName: 'sa' },
});
const configMap: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'cm' },
  data: { text: 'hello' },
  binaryData: { bin: Buffer.from([0, 255]).toString('base64') },
};
const secret: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  data: { 'tls.key': Buffer.from('KEY').toString('base64') },
};

test('each kind of volume holds what it should', async () => {
  const { volumes, api } = volumesOf({ configMap, secret });
  api.onPost = () => ({ status: { token: 'TOKEN', expirationTimestamp: '2026-01-01T01:00:00Z' } });
  const { places, renewAtMs } = await volumes.sync(
    podWith(
      { name: 'scratch', emptyDir: {} },
      { name: 'cfg', configMap: { name: 'cm' } },
      { name: 'some', secret: { secretName: 's', items: [{ key: 'tls.key', path: 'certs/key.pem', mode: 0o400 }] } },
      { name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      {
        name: 'all',
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
            { configMap: { name: 'cm', items: [{ key: 'text', path: 'ca.crt' }] } },
            { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
          ],
        },
      },
    ),
    place,
  );
  const read = (name: string, path: string): Promise<string> => readFile(join(places.get(name)!.hostPath, path), 'utf8');
  expect(await read('cfg', 'text')).toBe('hello');
  expect(await readFile(join(places.get('cfg')!.hostPath, 'bin'))).toEqual(Buffer.from([0, 255]));
  expect(await read('some', 'certs/key.pem')).toBe('KEY');
  expect(await read('info', 'labels')).toBe('app="web"');
  expect([await read('all', 'token'), await read('all', 'ca.crt'), await read('all', 'namespace')]).toEqual(['TOKEN', 'hello', 'ns']);
  expect((await stat(places.get('scratch')!.hostPath)).mode & 0o777).toBe(0o777);
  expect([places.get('scratch')?.isReadOnly, places.get('cfg')?.isReadOnly]).toEqual([false, true]);
  // 80 per cent of an hour after the clock's start.
  expect(renewAtMs).toBe(Date.UTC(2026, 0, 1) + 48 * 60_000);
});

test('a token is asked for once, and again when most of its life is over', async () => {
  const { volumes, api, clock } = volumesOf({});
  let asked = 0;
  api.onPost = (ref, name, _namespace, body) => {
    asked += 1;
    expect([ref.resource, ref.subresource, name]).toEqual(['serviceaccounts', 'token', 'sa']);
    expect(body).toMatchObject({ spec: { boundObjectRef: { kind: 'Pod', name: 'p', uid: 'u' }, audiences: [] } });
    return { status: { token: `T${asked}`, expirationTimestamp: new Date(clock.now() + 3_600_000).toISOString() } };
  };
  const pod = podWith({ name: 'all', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } });
  await volumes.sync(pod, place);
  await clock.advance(40 * 60_000);
  await volumes.sync(pod, place);
  expect(asked).toBe(1);
  await clock.advance(10 * 60_000);
  const { places } = await volumes.sync(pod, place);
  expect(await readFile(join(places.get('all')!.hostPath, 'token'), 'utf8')).toBe('T2');
});

test.each<[string, Volume, string]>([
  ['a missing ConfigMap', { name: 'v', configMap: { name: 'gone' } }, 'configmap "gone" not found'],
  ['a missing Secret', { name: 'v', secret: { secretName: 'gone' } }, 'secret "gone" not found'],
  ['an unknown type', { name: 'v', nfs: { server: 's', path: '/' } }, 'this cluster does not provide volumes of that type'],
])('%s is told', async (_name, volume, message) => {
  const { volumes } = volumesOf({});
  await expect(volumes.sync(podWith(volume), place)).rejects.toMatchObject({ volume: 'v', message });
});

test.each<[string, Volume, string]>([
  [
    'a missing key',
    { name: 'v', configMap: { name: 'cm', items: [{ key: 'none', path: 'x' }] } },
    'configmap references non-existent config key: none',
  ],
  [
    'a missing Secret key',
    { name: 'v', secret: { secretName: 's', items: [{ key: 'none', path: 'x' }] } },
    'references non-existent secret key: none',
  ],
  [
    'a path out of the volume',
    { name: 'v', configMap: { name: 'cm', items: [{ key: 'text', path: '../../evil' }] } },
    'invalid path "../../evil"',
  ],
])('%s is told, and nothing is written', async (_name, volume, message) => {
  const { volumes } = volumesOf({ configMap, secret });
  await expect(volumes.sync(podWith(volume), place)).rejects.toMatchObject({ message });
  expect(await readdir(dir)).toEqual([]);
});

test('what is optional may be missing', async () => {
  const { volumes } = volumesOf({});
  const { places } = await volumes.sync(podWith({ name: 'v', secret: { secretName: 'gone', optional: true } }), place);
  expect((await readdir(places.get('v')!.hostPath)).filter((name) => !name.startsWith('..'))).toEqual([]);
});

const mounting = (name: string, subPath?: string, more: Partial<Container> = {}): Container => ({
  name,
  volumeMounts: [{ name: 'v', mountPath: '/m', ...(subPath === undefined ? {} : { subPath }) }],
  ...more,
});
const mounts = (
  container: Container,
  isReadOnly: boolean,
  runningSiblings: readonly Container[] = [],
  shared?: SharedVolumes,
): ReturnType<typeof containerMounts> => {
  const place: VolumePlace = { hostPath: dir, isReadOnly, isShared: shared !== undefined };
  const given = { container, places: new Map([['v', place]]), env: new Map([['WHO', 'me']]), runningSiblings, podUid: 'u' };
  return containerMounts({ ...given, shared: shared ?? new SharedVolumes() });
};

test('a subPath of an emptyDir is made, one of a written volume must be there', async () => {
  expect(await mounts(mounting('c', 'deep/er'), false)).toEqual([{ hostPath: join(dir, 'deep/er'), containerPath: '/m', readOnly: false }]);
  await expect(mounts(mounting('c', 'none'), true)).rejects.toThrow('none does not exist');
  await writeFile(join(dir, 'file'), 'x');
  expect(await mounts(mounting('c', 'file'), true)).toEqual([{ hostPath: join(dir, 'file'), containerPath: '/m', readOnly: true }]);
  const expression: Container = { name: 'c', volumeMounts: [{ name: 'v', mountPath: '/m', subPathExpr: '$(WHO)' }] };
  expect(await mounts(expression, false)).toMatchObject([{ hostPath: join(dir, 'me') }]);
});

test('a link that a container left in its emptyDir does not lead to the host', async () => {
  await symlink('/etc', join(dir, 'link'));
  await expect(mounts(mounting('c', 'link'), false)).rejects.toThrow('it leads out of the volume');
  await expect(mounts(mounting('c', 'link/new/folder'), false)).rejects.toThrow('it leads out of the volume');
  await expect(mounts(mounting('c', '../x'), false)).rejects.toThrow('it must be a relative path within the volume');
  await symlink('..', join(dir, 'up'));
  await expect(mounts(mounting('c', 'up'), false)).rejects.toThrow('it leads out of the volume');
});

test('nor can a running container put such a link there in between', async () => {
  await expect(mounts(mounting('c', 'a/b'), false, [mounting('other')])).rejects.toThrow(
    'a running container of the pod can rewrite the path',
  );
  await expect(mounts(mounting('c', 'a/b'), false, [mounting('other', 'a')])).rejects.toThrow('can rewrite');
  await expect(mounts(mounting('c', 'a/b'), false, [mounting('other', 'a/b')])).resolves.toHaveLength(1);
  await expect(mounts(mounting('c', 'a/b'), false, [mounting('other', 'ab')])).resolves.toHaveLength(1);
});

const claimed = (more: Partial<PersistentVolumeClaim['spec']> = {}): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'ns' },
  spec: { volumeName: 'disk', ...more },
  status: { phase: 'Bound' },
});
const disk = (spec: PersistentVolume['spec'], annotations: Record<string, string> = {}): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'disk', annotations },
  spec: { ...spec },
});
const provisioned = { 'pv.kubernetes.io/provisioned-by': 'drillhouse.local/node-local' };
const usesClaim: Volume = { name: 'v', persistentVolumeClaim: { claimName: 'data' } };

test('what is written to a claim’s volume outlives the pod, and goes with the volume', async () => {
  const { volumes, api } = volumesOf({});
  await api.create(resources.persistentVolumeClaims, claimed());
  const volume = await api.create<PersistentVolume>(resources.persistentVolumes, disk({}, provisioned));
  const first = (await volumes.sync(podWith(usesClaim), place)).places.get('v');
  expect(first).toMatchObject({ isShared: true, isReadOnly: false });
  await writeFile(join(first!.hostPath, 'kept'), 'x');
  await volumes.sync(podWith(usesClaim), place);
  expect(await readFile(join(first!.hostPath, 'kept'), 'utf8')).toBe('x');
  const folder = join(dir, 'outliving');
  await removeStrayData(folder, new Set(['disk']));
  expect(await readdir(first!.hostPath)).toEqual(['kept']);
  await removeVolumeData(folder, volume);
  await expect(stat(first!.hostPath)).rejects.toThrow('ENOENT');
});

test('the path that a volume names is none of the host', async () => {
  const { volumes, api } = volumesOf({});
  await api.create(resources.persistentVolumeClaims, claimed());
  const volume = await api.create<PersistentVolume>(resources.persistentVolumes, disk({ hostPath: { path: '/etc' } }));
  const { hostPath } = (await volumes.sync(podWith(usesClaim), place)).places.get('v')!;
  expect(hostPath.startsWith(join(dir, 'outliving', 'named'))).toBe(true);
  expect(await readdir(hostPath)).toEqual([]);
  await removeVolumeData(join(dir, 'outliving'), volume);
  expect(await readdir(hostPath)).toEqual([]);
});

test('a claim that is bound to nothing is told', async () => {
  const { volumes, api } = volumesOf({});
  await expect(volumes.sync(podWith(usesClaim), place)).rejects.toMatchObject({ message: 'persistentvolumeclaim "data" not found' });
  await api.create(resources.persistentVolumeClaims, claimed());
  await expect(volumes.sync(podWith(usesClaim), place)).rejects.toMatchObject({ message: 'persistentvolumeclaim "data" is not bound' });
});

test('nor can a container of another pod put such a link there, where pods share a volume', async () => {
  const shared = new SharedVolumes();
  const places = new Map<string, VolumePlace>([['v', { hostPath: dir, isReadOnly: false, isShared: true }]]);
  const start = (): ReturnType<typeof containerMounts> => mounts(mounting('c', 'a/b'), false, [], shared);
  shared.note('u', mounting('own'), places);
  await expect(start()).resolves.toHaveLength(1);
  for (const rival of [
    mounting('x'),
    mounting('x', './a'),
    { name: 'x', volumeMounts: [{ name: 'v', mountPath: '/m', subPathExpr: '$(Y)' }] },
  ]) {
    shared.note('other', rival, places);
    await expect(start()).rejects.toThrow('another pod can rewrite the path to it');
  }
  shared.note('other', mounting('x', 'a/b'), places);
  await expect(start()).resolves.toHaveLength(1);
  shared.note('other', mounting('x'), undefined);
  await expect(start()).rejects.toThrow('another pod can rewrite the path to it');
  shared.forget('other');
  await expect(start()).resolves.toHaveLength(1);
});

test('containers that share a volume are started one after another', async () => {
  const shared = new SharedVolumes();
  const places = new Map<string, VolumePlace>([['v', { hostPath: dir, isReadOnly: false, isShared: true }]]);
  let release = (): void => {};
  const first = new Promise<void>((resolve) => (release = resolve));
  const order: string[] = [];
  const one = shared.whileStarting(mounting('one'), places, async () => {
    await first;
    order.push('one');
    throw new Error('engine');
  });
  const two = shared.whileStarting(mounting('two'), places, async () => order.push('two'));
  await shared.whileStarting({ name: 'free' }, places, async () => order.push('free'));
  release();
  await expect(one).rejects.toThrow('engine');
  await two;
  expect(order).toEqual(['free', 'one', 'two']);
});

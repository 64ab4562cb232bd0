import { describe, expect, it } from 'vitest';
import type { ConfigMap, Container, Deployment } from '../../infra/cluster/meta/generated/types.ts';
import type { ProbeRequest, ProbeResult } from '../../infra/images/prober/protocol.ts';
import { answered, deploymentOf, endpoint, FakeProber, testContext, unanswered } from '../../grader/testing/sandbox-fixtures.ts';
import { componentFaultIds, findFault } from './fault-catalogue.ts';
import type { FaultTarget } from './fault.ts';

const namespace = endpoint.namespace;
const parameters: Readonly<Record<string, object>> = {
  'index-stale': { document: 'ports.md', from: '4000', to: '5000' },
  'alert-silent': { metric: 'vllm:num_requests_waiting', stale: 'vllm:num_requests_queued' },
};

interface World extends FaultTarget {
  readonly objects: ReturnType<typeof testContext>['objects'];
  readonly kept: ReadonlyMap<string, string>;
}

/** As a service whose index is not touched by what happens to the objects. */
const retrieval = (request: ProbeRequest): ProbeResult =>
  request.url.endsWith('/index') ? answered(200, { state: 'ready', staleDocuments: [] }) : answered(200, { results: [] });

function world(answer: (request: ProbeRequest) => ProbeResult = retrieval): World {
  const context = testContext({ prober: new FakeProber(answer) });
  context.objects.put(
    component('retrieval', [
      ['documents', '/documents', { configMap: { name: 'documents' } }],
      ['index', '/var/lib/retrieval', { persistentVolumeClaim: { claimName: 'index' } }],
    ]),
  );
  context.objects.put(component('prometheus', [['config', '/etc/prometheus', { configMap: { name: 'prometheus' } }]]));
  context.objects.put(configMap('documents', { 'ports.md': 'The port is 4000.', 'other.md': 'Nothing.' }));
  context.objects.put(
    configMap('prometheus', { 'prometheus.yml': 'global: {}', 'rules.yml': '- alert: Queue\n  expr: vllm:num_requests_waiting > 4\n' }),
  );
  const kept = new Map<string, string>();
  return {
    ...context,
    kept,
    vault: {
      store: async (name, text) => void kept.set(name, text),
      fetch: async (name) => kept.get(name),
      remove: async (name) => void kept.delete(name),
    },
  };
}

function component(name: string, mounts: readonly (readonly [name: string, path: string, source: object])[]): Deployment {
  const container: Container = {
    name,
    image: `registry.lab/${name}:1`,
    args: ['--build', 'always', '--port=8080'],
    env: [{ name: 'EMBEDDING_MODEL', value: 'words-256' }],
    volumeMounts: mounts.map(([volume, mountPath]) => ({ name: volume, mountPath })),
  };
  const deployment = deploymentOf(container);
  const template = { spec: { containers: [container], volumes: mounts.map(([volume, , source]) => ({ name: volume, ...source })) } };
  return { ...deployment, metadata: { name, namespace, uid: `d-${name}` }, spec: { ...deployment.spec!, template } };
}

function configMap(name: string, data: Readonly<Record<string, string>>): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

const essence = (at: World): unknown =>
  at.objects.all().map(({ kind, metadata, ...rest }) => ({ kind, name: metadata.name, annotations: metadata.annotations ?? {}, ...rest }));
const templateOf = async (at: World, name: string) =>
  (await at.objects.find<Deployment>({ kind: 'Deployment', namespace, name }))!.spec!.template.spec!;

describe.each(componentFaultIds.map((id) => [id, findFault(id)!, parameters[id] ?? {}] as const))('%s', (_, fault, given) => {
  it('leaves nothing behind when it is taken back, however often it was injected', async () => {
    const at = world(() => answered(503, { error: { code: 'index_mismatch', message: 'of another model' } }));
    const before = essence(at);
    const data = JSON.parse(JSON.stringify(await fault.inject(at, given))) as unknown;
    const broken = essence(at);
    expect(broken).not.toEqual(before);
    await fault.inject(at, given);
    expect(essence(at)).toEqual(broken);
    await fault.recover(at, data);
    expect(essence(at)).toEqual(before);
    expect(at.kept.size).toBe(0);
  });

  it('is not proven by a component that is well, nor by one that does not answer', async () => {
    for (const answer of [retrieval, () => unanswered('connect')]) {
      const at = world(answer);
      expect((await fault.prove(at, await fault.inject(at, given))).live).toBe(false);
    }
  });

  it('refuses what it does not know, and a component that is not there', async () => {
    expect(fault.parameters.safeParse({ ...given, more: 1 }).success).toBe(false);
    const at = { deployment: 'elsewhere', service: 'elsewhere', port: 1 };
    await expect(fault.inject(world(), { ...given, at })).rejects.toThrow('no Deployment elsewhere');
  });
});

describe('where a lab says so', () => {
  it('another component is broken and asked', async () => {
    const at = world();
    at.objects.put(component('search', [['documents', '/documents', { configMap: { name: 'documents' } }]]));
    const given = { ...parameters['index-stale'], at: { deployment: 'search', service: 'search-http', port: 81 } };
    await findFault('index-stale')!.prove(at, await findFault('index-stale')!.inject(at, given));
    expect((at.prober as FakeProber).asked[0]?.url).toBe('http://search-http.atlas.svc:81/index');
  });
});

describe('what becomes of the objects', () => {
  it('index-stale: the document states another fact', async () => {
    const at = world();
    await findFault('index-stale')!.inject(at, parameters['index-stale']);
    const map = await at.objects.find<ConfigMap>({ kind: 'ConfigMap', namespace, name: 'documents' });
    expect(map?.data).toEqual({ 'ports.md': 'The port is 5000.', 'other.md': 'Nothing.' });
    const unknown = { ...parameters['index-stale'], from: '4711' };
    await expect(findFault('index-stale')!.inject(world(), unknown)).rejects.toThrow('ports.md that states 4711');
  });

  it('index-gone: the index has an empty place, and nobody builds it', async () => {
    const at = world();
    await findFault('index-gone')!.inject(at, {});
    const { volumes, containers } = await templateOf(at, 'retrieval');
    expect(volumes).toEqual([
      { name: 'documents', configMap: { name: 'documents' } },
      { name: 'index', emptyDir: {} },
    ]);
    expect(containers[0]).toMatchObject({ args: ['--port=8080'], env: [{}, { name: 'BUILD_INDEX', value: 'never' }] });
  });

  it('embedding-mismatch: another model, and the server that has it', async () => {
    const at = world();
    await findFault('embedding-mismatch')!.inject(at, { model: 'drillhouse/heron-8b', url: 'http://embedder:8000' });
    expect((await templateOf(at, 'retrieval')).containers[0]?.env).toEqual([
      { name: 'EMBEDDING_MODEL', value: 'drillhouse/heron-8b' },
      { name: 'EMBEDDING_URL', value: 'http://embedder:8000' },
    ]);
  });

  it('alert-silent: the rules ask for a name that nothing reports', async () => {
    const at = world(({ url }) => {
      if (url.includes('/rules')) return answered(200, { data: { groups: [{ rules: [{ query: 'vllm:num_requests_queued > 4' }] }] } });
      return answered(200, { data: { result: url.includes('waiting') ? [{ value: [0, '2'] }] : [] } });
    });
    const fault = findFault('alert-silent')!;
    const data = await fault.inject(at, parameters['alert-silent']);
    const map = await at.objects.find<ConfigMap>({ kind: 'ConfigMap', namespace, name: 'prometheus' });
    expect(map?.data?.['rules.yml']).toContain('expr: vllm:num_requests_queued > 4');
    expect(await fault.prove(at, data)).toMatchObject({ live: true });
    expect(await fault.prove(at, { ...parameters['alert-silent'], metric: 'absent' })).toMatchObject({ live: false });
  });
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../client/resources.ts';
import type { ConfigMap, Namespace, ResourceQuota, ServiceAccount } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { ControllersHarness, deployment } from './controllers-harness.ts';

let h: ControllersHarness;

const namespace: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' }, spec: { finalizers: ['kubernetes'] } };

beforeEach(async () => {
  h = new ControllersHarness();
  await h.create<Namespace>(resources.namespaces, namespace);
  await h.settle();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

/** What the API server does: a namespace that has finalizers is marked and stays. */
async function deleteNamespace(): Promise<void> {
  const namespace = await h.api.get<Namespace>(resources.namespaces, 'ns');
  await h.api.update<Namespace>(resources.namespaces, { ...namespace, metadata: { ...namespace.metadata, finalizers: ['api-server'] } });
  await h.api.delete(resources.namespaces, 'ns');
}

test('every namespace gets its default account and the CA, and gets them back', async () => {
  expect((await h.get<ServiceAccount>(resources.serviceAccounts, 'default')).metadata.name).toBe('default');
  expect((await h.get<ConfigMap>(resources.configMaps, 'kube-root-ca.crt')).data).toEqual({ 'ca.crt': 'PEM' });
  await h.api.delete(resources.serviceAccounts, 'default', 'ns');
  await h.change<ConfigMap>(resources.configMaps, 'kube-root-ca.crt', (ca) => ({ ...ca, data: { 'ca.crt': 'forged' } }));
  await h.settle();
  expect((await h.get<ServiceAccount>(resources.serviceAccounts, 'default')).metadata.name).toBe('default');
  expect((await h.get<ConfigMap>(resources.configMaps, 'kube-root-ca.crt')).data).toEqual({ 'ca.crt': 'PEM' });
});

test('the CA is published as service CA too where that is asked for', async () => {
  await using other = new ControllersHarness({ publishesServiceCa: true });
  await other.create<Namespace>(resources.namespaces, namespace);
  await other.settle();
  expect((await other.get<ConfigMap>(resources.configMaps, 'openshift-service-ca.crt')).data).toEqual({ 'service-ca.crt': 'PEM' });
  await expect(h.get(resources.configMaps, 'openshift-service-ca.crt')).rejects.toThrow(/not found/);
});

test('a deleted namespace is emptied, and nothing is made in it again', async () => {
  await h.create(resources.deployments, deployment({ replicas: 2 }));
  await h.settle();
  await deleteNamespace();
  await h.advance(1_000);
  for (const ref of [resources.deployments, resources.replicaSets, resources.pods, resources.configMaps, resources.serviceAccounts]) {
    expect(await h.list(ref), ref.resource).toEqual([]);
  }
  expect((await h.api.get<Namespace>(resources.namespaces, 'ns')).spec?.finalizers).toEqual([]);
});

test('what has a finalizer holds it up, and the conditions say so', async () => {
  await h.create<KubeObject>(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'held', namespace: 'ns', finalizers: ['example.org/hold'] },
  });
  await deleteNamespace();
  await h.advance(1_000);
  const namespace = await h.api.get<Namespace>(resources.namespaces, 'ns');
  expect(namespace.spec?.finalizers).toEqual(['kubernetes']);
  expect(namespace.status?.conditions).toMatchObject([
    { type: 'NamespaceDeletionDiscoveryFailure', status: 'False' },
    { type: 'NamespaceDeletionGroupVersionParsingFailure', status: 'False' },
    { type: 'NamespaceDeletionContentFailure', status: 'False' },
    { type: 'NamespaceContentRemaining', status: 'True', message: 'Some resources are remaining: configmaps. has 1 resource instances' },
    {
      type: 'NamespaceFinalizersRemaining',
      status: 'True',
      message: 'Some content in the namespace has finalizers remaining: example.org/hold in 1 resource instances',
    },
  ]);
  await h.api.patch(resources.configMaps, { name: 'held', namespace: 'ns' }, 'merge', { metadata: { finalizers: null } });
  await h.advance(10_000);
  expect((await h.api.get<Namespace>(resources.namespaces, 'ns')).spec?.finalizers).toEqual([]);
});

test('a quota shows what is used, and follows it', async () => {
  await h.create<ResourceQuota>(resources.resourceQuotas, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q', namespace: 'ns' },
    spec: { hard: { pods: '5', 'requests.cpu': '1000m' } },
  });
  await h.create(
    resources.deployments,
    deployment({
      replicas: 3,
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '150m' } } }] },
      },
    }),
  );
  await h.settle();
  const quota = (): Promise<ResourceQuota> => h.get<ResourceQuota>(resources.resourceQuotas, 'q');
  expect((await quota()).status).toEqual({ hard: { pods: '5', 'requests.cpu': '1' }, used: { pods: '3', 'requests.cpu': '450m' } });
  await h.api.delete(resources.pods, (await h.pods())[0]!.metadata.name, 'ns');
  await h.api.delete(resources.deployments, 'web', 'ns', { propagationPolicy: 'Background' });
  await h.settle();
  expect((await quota()).status?.used).toEqual({ pods: '0', 'requests.cpu': '0' });
});

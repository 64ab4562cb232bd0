import { isDeepStrictEqual } from 'node:util';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../client/api-errors.ts';
import type { Informer } from '../client/informer.ts';
import { resources } from '../client/resources.ts';
import type { ConfigMap, Namespace, ServiceAccount } from '../meta/generated/types.ts';
import type { KubeObject, ResourceRef } from '../meta/kube-object.ts';
import { awaitable, onSelf, startLoop, type ControllerContext } from './controller-context.ts';

const ROOT_CA_DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** The ConfigMaps that publish the cluster's CA. */
export interface PublishedCa {
  readonly pem: string;
  /** A second one, `openshift-service-ca.crt`, which OpenShift and its relatives put beside Kubernetes' own. */
  readonly isAlsoServiceCa: boolean;
}

function planConfigMaps({ pem, isAlsoServiceCa }: PublishedCa): readonly ConfigMap[] {
  const own: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-root-ca.crt', annotations: { 'kubernetes.io/description': ROOT_CA_DESCRIPTION } },
    data: { 'ca.crt': pem },
  };
  const service: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'openshift-service-ca.crt' },
    data: { 'service-ca.crt': pem },
  };
  return isAlsoServiceCa ? [own, service] : [own];
}

/** Sees to it that every namespace has its `default` ServiceAccount and the cluster's CA in `kube-root-ca.crt`, unaltered. */
export function startNamespaceContentController(context: ControllerContext, ca: PublishedCa): AsyncDisposable {
  const published = planConfigMaps(ca);
  const { api, informers } = context;
  const namespaces = informers.informer<Namespace>(resources.namespaces);
  const accounts = informers.informer<ServiceAccount>(resources.serviceAccounts);
  const configMaps = informers.informer<ConfigMap>(resources.configMaps);

  async function create<T extends KubeObject>(ref: ResourceRef, object: T): Promise<void> {
    try {
      await api.create<T>(ref, object);
    } catch (error) {
      // Made in between, or the namespace is going: both are as it should be.
      if (!isAlreadyExists(error) && !isNamespaceTerminating(error) && !isNotFound(error)) throw error;
    }
  }

  async function reconcile(namespace: string): Promise<undefined> {
    const held = namespaces.get(namespace);
    if (held === undefined || held.metadata.deletionTimestamp !== undefined) return undefined;
    if (accounts.get(`${namespace}/default`) === undefined) {
      await create<ServiceAccount>(resources.serviceAccounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace },
      });
    }
    for (const wanted of published) {
      const present = configMaps.get(`${namespace}/${wanted.metadata.name}`);
      const data = wanted.data ?? {};
      if (present === undefined) await create<ConfigMap>(resources.configMaps, { ...wanted, metadata: { ...wanted.metadata, namespace } });
      else if (!isDeepStrictEqual(present.data, data)) await api.update<ConfigMap>(resources.configMaps, { ...present, data });
    }
    return undefined;
  }

  /** Only what this controller looks after makes a namespace due, not every ConfigMap in it. */
  function onContent<T extends KubeObject>(informer: Informer<T>, name: string, add: (namespace: string) => void): Disposable {
    return informer.subscribe(({ type, object }) => {
      if (object.metadata.name === name && type !== 'added') add(object.metadata.namespace ?? '');
    });
  }

  return startLoop(context, {
    name: 'namespace-content',
    waitFor: [awaitable(namespaces), awaitable(accounts), awaitable(configMaps)],
    watch: (queue) => [
      onSelf(namespaces, queue),
      onContent(accounts, 'default', (namespace) => queue.add(namespace)),
      ...published.map(({ metadata }) => onContent(configMaps, metadata.name, (namespace) => queue.add(namespace))),
    ],
    reconcile,
  });
}

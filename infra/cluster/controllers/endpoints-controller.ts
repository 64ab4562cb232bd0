import { isDeepStrictEqual } from 'node:util';
import { isNamespaceTerminating, isNotFound, orAbsent } from '../client/api-errors.ts';
import type { Informer, InformerEvent } from '../client/informer.ts';
import { keyOf, namespacedKey, objectKey, type ObjectKey } from '../client/object-key.ts';
import { resources } from '../client/resources.ts';
import type { WorkQueue } from '../client/work-queue.ts';
import type { Endpoints, EndpointSlice, Pod, Service } from '../meta/generated/types.ts';
import { awaitable, onSelf, startLoop, type ControllerContext } from './controller-context.ts';
import { managedByLabel, planSlices, serviceNameLabel, SLICE_MANAGER } from './endpoint-slice-plan.ts';
import { endpointsObject } from './endpoints-plan.ts';
import { hasSelector, selects, serviceEndpoints } from './service-endpoints.ts';

/** Keeps the EndpointSlices and the Endpoints of Services with a selector. Slices go with their Service by garbage collection. */
export function startEndpointsController(context: ControllerContext): AsyncDisposable {
  const { api, informers } = context;
  const services = informers.informer<Service>(resources.services);
  const pods = informers.informer<Pod>(resources.pods);
  const slices = informers.informer<EndpointSlice>(resources.endpointSlices);
  const endpoints = informers.informer<Endpoints>(resources.endpoints);
  slices.addIndex('service', ({ metadata }) => [`${metadata.namespace ?? ''}/${metadata.labels?.[serviceNameLabel] ?? ''}`]);

  async function reconcile(key: ObjectKey): Promise<undefined> {
    const service = services.get(key);
    if (service === undefined) {
      await removeEndpoints(key);
      return undefined;
    }
    if (!hasSelector(service) || service.metadata.deletionTimestamp !== undefined) return undefined;
    const members = serviceEndpoints(service, pods.inNamespace(service.metadata.namespace ?? ''));
    try {
      await writeSlices(key, service, members);
      await writeEndpoints(key, service, members);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
    return undefined;
  }

  async function writeSlices(key: ObjectKey, service: Service, members: ReturnType<typeof serviceEndpoints>): Promise<void> {
    const ours = slices.byIndex('service', key).filter(isOurs);
    const plan = planSlices(service, members, ours);
    for (const slice of plan.create) await api.create<EndpointSlice>(resources.endpointSlices, slice);
    for (const slice of plan.update) await api.update<EndpointSlice>(resources.endpointSlices, slice);
    for (const { metadata } of plan.delete) await orAbsent(api.delete(resources.endpointSlices, metadata.name, metadata.namespace));
  }

  async function writeEndpoints(key: ObjectKey, service: Service, members: ReturnType<typeof serviceEndpoints>): Promise<void> {
    const wanted = endpointsObject(service, members);
    const held = endpoints.get(key);
    if (held === undefined) {
      await api.create<Endpoints>(resources.endpoints, wanted);
      return;
    }
    if (isDeepStrictEqual(held.subsets ?? [], wanted.subsets ?? []) && isDeepStrictEqual(held.metadata.labels, wanted.metadata.labels))
      return;
    const { subsets: _subsets, ...others } = held;
    const metadata = { ...held.metadata, ...(wanted.metadata.labels === undefined ? {} : { labels: wanted.metadata.labels }) };
    await api.update<Endpoints>(resources.endpoints, {
      ...others,
      metadata,
      ...(wanted.subsets === undefined ? {} : { subsets: wanted.subsets }),
    });
  }

  /** Only what this controller wrote: somebody's own Endpoints are not ours to remove. */
  async function removeEndpoints(key: ObjectKey): Promise<void> {
    const held = endpoints.get(key);
    if (held?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === undefined) return;
    const { namespace, name } = namespacedKey(key);
    await api.delete(resources.endpoints, name, namespace).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  return startLoop(context, {
    name: 'endpoints',
    waitFor: [awaitable(services), awaitable(pods), awaitable(slices), awaitable(endpoints)],
    watch: (queue) => [
      onSelf(services, queue),
      pods.subscribe((event) => onPod(queue, services, event)),
      slices.subscribe((event) => onSlice(queue, event)),
    ],
    reconcile,
  });
}

function onPod(queue: WorkQueue, services: Informer<Service>, event: InformerEvent<Pod>): void {
  const states = event.type === 'updated' ? [event.object, event.previous] : [event.object];
  for (const service of services.inNamespace(event.object.metadata.namespace ?? '')) {
    if (states.some(({ metadata }) => selects(service, metadata.labels))) queue.add(keyOf(service));
  }
}

/** Somebody changed or removed a slice of ours: it is put right. */
function onSlice(queue: WorkQueue, { object }: InformerEvent<EndpointSlice>): void {
  const name = object.metadata.labels?.[serviceNameLabel];
  if (name !== undefined && isOurs(object)) queue.add(objectKey(object.metadata.namespace, name));
}

function isOurs({ metadata }: EndpointSlice): boolean {
  return metadata.labels?.[managedByLabel] === SLICE_MANAGER;
}

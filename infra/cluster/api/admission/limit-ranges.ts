import type { Container, LimitRange, LimitRangeItem, Pod } from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import { podResources } from '../../meta/pod-status.ts';
import { compareQuantities, parseQuantity } from '../../meta/quantity.ts';
import { forbidden } from '../../meta/status-error.ts';
import type { ObjectStore } from '../../store/object-store.ts';

/** The LimitRanger plugin: defaults first, bounds after validation. */
export function applyLimitRanges(store: ObjectStore, object: KubeObject): void {
  const { spec } = object as Pod;
  if (spec === undefined) return;
  const items = itemsFor(store, object, 'Container');
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) for (const item of items) applyDefaults(container, item);
}

function applyDefaults(container: Container, item: LimitRangeItem): void {
  const resources = { ...container.resources };
  const limits = { ...item.default, ...resources.limits };
  // A request that nobody names is the limit that was given, or else the default request.
  const requests = { ...item.defaultRequest, ...pick(resources.limits, item.defaultRequest), ...resources.requests };
  if (Object.keys(limits).length > 0) resources.limits = limits;
  if (Object.keys(requests).length > 0) resources.requests = requests;
  container.resources = resources;
}

function pick(from: Record<string, string> | undefined, names: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(from ?? {}).filter(([name]) => names?.[name] !== undefined));
}

export function checkLimitRanges(store: ObjectStore, object: KubeObject): void {
  const { spec } = object as Pod;
  if (spec === undefined) return;
  const faults = itemsFor(store, object, 'Container').flatMap((item) =>
    [...(spec.initContainers ?? []), ...spec.containers].flatMap((container) =>
      itemFaults(item, container.resources?.requests ?? {}, container.resources?.limits ?? {}, 'Container'),
    ),
  );
  const podFaults = itemsFor(store, object, 'Pod').flatMap((item) =>
    itemFaults(item, podResources(spec, 'requests'), podResources(spec, 'limits'), 'Pod'),
  );
  const all = [...faults, ...podFaults];
  if (all.length === 0) return;
  throw forbidden({ group: '', resource: 'pods' }, object.metadata.name, all.length === 1 ? (all[0] ?? '') : `[${all.join(', ')}]`);
}

function itemFaults(item: LimitRangeItem, requests: Record<string, string>, limits: Record<string, string>, type: string): string[] {
  return [
    ...minFaults(item, requests, limits, type),
    ...maxFaults(item, requests, limits, type),
    ...ratioFaults(item, requests, limits, type),
  ];
}

function minFaults({ min }: LimitRangeItem, requests: Record<string, string>, limits: Record<string, string>, type: string): string[] {
  return Object.entries(min ?? {}).flatMap(([name, least]) => {
    const head = `minimum ${name} usage per ${type} is ${least}`;
    const request = requests[name];
    if (request === undefined) return [`${head}.  No request is specified`];
    if (compareQuantities(request, least) < 0) return [`${head}, but request is ${request}`];
    const limit = limits[name];
    return limit !== undefined && compareQuantities(limit, least) < 0 ? [`${head}, but limit is ${limit}`] : [];
  });
}

function maxFaults({ max }: LimitRangeItem, requests: Record<string, string>, limits: Record<string, string>, type: string): string[] {
  return Object.entries(max ?? {}).flatMap(([name, most]) => {
    const head = `maximum ${name} usage per ${type} is ${most}`;
    const limit = limits[name];
    if (limit === undefined) return [`${head}.  No limit is specified`];
    if (compareQuantities(limit, most) > 0) return [`${head}, but limit is ${limit}`];
    const request = requests[name];
    return request !== undefined && compareQuantities(request, most) > 0 ? [`${head}, but request is ${request}`] : [];
  });
}

function ratioFaults(
  { maxLimitRequestRatio }: LimitRangeItem,
  requests: Record<string, string>,
  limits: Record<string, string>,
  type: string,
): string[] {
  return Object.entries(maxLimitRequestRatio ?? {}).flatMap(([name, ratio]) => {
    const head = `${name} max limit to request ratio per ${type} is ${ratio}`;
    const [request, limit] = [nanoOf(requests[name]), nanoOf(limits[name])];
    if (request === 0) return [`${head}, but no request is specified or request is 0`];
    if (limit === 0) return [`${head}, but no limit is specified or limit is 0`];
    const actual = limit / request;
    return actual > nanoOf(ratio) / 1e9 ? [`${head}, but provided ratio is ${actual.toFixed(6)}`] : [];
  });
}

function nanoOf(quantity: string | undefined): number {
  return quantity === undefined ? 0 : Number(parseQuantity(quantity).nano);
}

function itemsFor(store: ObjectStore, object: KubeObject, type: string): readonly LimitRangeItem[] {
  const ranges = store.list('/limitranges', object.metadata.namespace ?? '') as readonly LimitRange[];
  return ranges.flatMap((range) => range.spec?.limits ?? []).filter((item) => item.type === type);
}

import type { KubeObject } from '../meta/kube-object.ts';
import { apiVersionOf, type ResourceInfo } from '../meta/registry.ts';

type Fields = Record<string, unknown>;

/**
 * Objects that are served in two versions are stored in one: events in the core group's form, autoscalers in v2. Everything else is
 * stored as it is served.
 */
export function toStored(object: KubeObject, info: ResourceInfo): KubeObject {
  if (info.group === 'events.k8s.io') return rename(object, 'v1', eventFields);
  if (info.group === 'autoscaling' && info.version === 'v1') return autoscalerToV2(object);
  return object;
}

/** The stored object in the version that was asked for. Answers the same object where nothing differs. */
export function toServed(object: KubeObject, info: ResourceInfo): KubeObject {
  if (info.group === 'events.k8s.io')
    return rename(
      object,
      apiVersionOf(info),
      eventFields.map(([stored, served]) => [served, stored]),
    );
  if (info.group === 'autoscaling' && info.version === 'v1') return autoscalerToV1(object);
  if (object.apiVersion === apiVersionOf(info)) return object;
  return { ...object, apiVersion: apiVersionOf(info) };
}

/** What the core group and events.k8s.io call the same thing. */
const eventFields: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

/** Gives fields the first name of each pair where they have the second. */
function rename(object: KubeObject, apiVersion: string, pairs: readonly (readonly [string, string])[]): KubeObject {
  const names = new Map(pairs.map(([to, from]) => [from, to]));
  return {
    ...Object.fromEntries(Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value as unknown])),
    apiVersion,
  } as unknown as KubeObject;
}

const CPU_TARGET = 'targetCPUUtilizationPercentage';

function autoscalerToV2(object: KubeObject): KubeObject {
  const { spec, status, ...rest } = object as KubeObject & { spec?: Fields; status?: Fields };
  const { [CPU_TARGET]: target, ...others } = spec ?? {};
  const metrics =
    typeof target === 'number'
      ? [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }]
      : [];
  const { currentCPUUtilizationPercentage: current, ...statusRest } = status ?? {};
  const currentMetrics =
    typeof current === 'number'
      ? [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current, averageValue: '0' } } }]
      : undefined;
  return {
    ...rest,
    apiVersion: 'autoscaling/v2',
    spec: { ...others, metrics },
    status: { ...statusRest, ...(currentMetrics === undefined ? {} : { currentMetrics }) },
  } as unknown as KubeObject;
}

interface MetricEntry {
  readonly resource?: {
    readonly name?: string;
    readonly target?: { readonly averageUtilization?: number };
    readonly current?: { readonly averageUtilization?: number };
  };
}

function autoscalerToV1(object: KubeObject): KubeObject {
  const { spec, status, ...rest } = object as KubeObject & { spec?: Fields; status?: Fields };
  const cpu = (list: unknown): MetricEntry['resource'] =>
    ((list ?? []) as MetricEntry[]).find((metric) => metric.resource?.name === 'cpu')?.resource;
  const { metrics, behavior: _behavior, ...others } = spec ?? {};
  const { currentMetrics, conditions: _conditions, ...statusRest } = status ?? {};
  const target = cpu(metrics)?.target?.averageUtilization;
  const current = cpu(currentMetrics)?.current?.averageUtilization;
  return {
    ...rest,
    apiVersion: 'autoscaling/v1',
    spec: { ...others, ...(target === undefined ? {} : { [CPU_TARGET]: target }) },
    status: {
      currentReplicas: 0,
      desiredReplicas: 0,
      ...statusRest,
      ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
    },
  } as unknown as KubeObject;
}

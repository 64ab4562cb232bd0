import type { LabelSelector, MetricSpec } from '../meta/generated/types.ts';

/** Why one metric has no opinion, in the words of Kubernetes' controller. */
export interface MetricFailure {
  readonly kind: 'failed';
  /** Of the event and of the condition. */
  readonly reason: string;
  readonly message: string;
  /** What could not be had, e.g. `cpu resource metric value`, as the summary over all metrics names it. */
  readonly what: string;
}

/** A resource that could not be measured or compared. */
export function resourceFailure({ containerResource, resource }: MetricSpec, why: string): MetricFailure {
  const source = containerResource ?? resource;
  const name = source?.name ?? '';
  const amount = source?.target.type === 'AverageValue' ? 'usage' : 'utilization';
  return {
    kind: 'failed',
    reason: containerResource === undefined ? 'FailedGetResourceMetric' : 'FailedGetContainerResourceMetric',
    message: `failed to get ${name} ${amount}: ${why}`,
    what: containerResource === undefined ? `${name} resource metric value` : `${name} container metric value`,
  };
}

const noCustomMetrics = 'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';

/** Metrics that only an adapter serves, which this cluster has none of. Undefined for those of resources. */
export function adapterFailure({ type, pods, object, external }: MetricSpec, namespace: string): MetricFailure | undefined {
  if (pods !== undefined) {
    const message = `unable to get metric ${pods.metric.name}: ${noCustomMetrics}`;
    return { kind: 'failed', reason: 'FailedGetPodsMetric', message, what: 'pods metric value' };
  }
  if (object !== undefined) {
    const { kind, name } = object.describedObject;
    // Kubernetes' own sentence has its parts in this order.
    const message = `unable to get metric ${object.metric.name}: ${kind} on ${namespace} ${name}/${noCustomMetrics}`;
    return { kind: 'failed', reason: 'FailedGetObjectMetric', message, what: 'object metric value' };
  }
  if (external !== undefined) {
    const { name, selector } = external.metric;
    const cause = `unable to fetch metrics from external metrics API: the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`;
    const message = `unable to get external metric ${namespace}/${name}/${goSelector(selector)}: ${cause}`;
    return { kind: 'failed', reason: 'FailedGetExternalMetric', message, what: `${name} external metric value` };
  }
  if (type === 'Resource' || type === 'ContainerResource') return undefined;
  return {
    kind: 'failed',
    reason: 'InvalidMetricSourceType',
    message: `unknown metric source type ${JSON.stringify(type)}`,
    what: 'metric',
  };
}

/** A selector as Go prints the struct. */
function goSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  const map = selector.matchLabels === undefined ? 'map[string]string{}' : `map[string]string{${labels.join('')}}`;
  return `&LabelSelector{MatchLabels:${map},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

/** What is said when there is no count at all. */
export function summaryOf(failures: readonly MetricFailure[], metrics: number): string {
  const [first] = failures;
  return `invalid metrics (${failures.length} invalid out of ${metrics}), first error is: failed to get ${first?.what ?? ''}: ${first?.message ?? ''}`;
}

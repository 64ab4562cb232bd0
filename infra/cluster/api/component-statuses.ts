import { notFound } from '../meta/status-error.ts';
import type { ComponentStatus } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';

/** The parts that Kubernetes asks after. Here they live and die with the API server that answers. */
const components = ['scheduler', 'controller-manager', 'etcd-0'];

export const componentStatusWarning = 'v1 ComponentStatus is deprecated in v1.19+';

/** ComponentStatuses are asked for, never kept. */
export function componentStatuses(): readonly ComponentStatus[] {
  return components.map((name) => ({
    apiVersion: 'v1',
    kind: 'ComponentStatus',
    metadata: { name },
    conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
  }));
}

export function componentStatus(name: string): KubeObject {
  const found = componentStatuses().find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw notFound({ group: '', resource: 'componentstatuses' }, name);
  return found;
}

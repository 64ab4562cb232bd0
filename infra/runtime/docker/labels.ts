/**
 * All labels that say what is ours and whose. Everything is found again by them after a crash, and nothing without the
 * installation's label is ever touched.
 */
export const label = {
  installation: 'drillhouse.installation',
  cluster: 'drillhouse.cluster',
  role: 'drillhouse.role',
  podUid: 'drillhouse.pod.uid',
  podNamespace: 'drillhouse.pod.namespace',
  podName: 'drillhouse.pod.name',
  /** Namespaces, aliases and host name that the pod's names are made from, as JSON. */
  podNames: 'drillhouse.pod.names',
  containerName: 'drillhouse.container.name',
  attempt: 'drillhouse.container.attempt',
  /** On images: folder below infra/images, and hash of everything that went into it. */
  image: 'drillhouse.image',
  hash: 'drillhouse.hash',
} as const;

/** Says whose a container or network is; `installation` is what one data folder calls itself. */
export interface Ownership {
  readonly installation: string;
  readonly clusterId: string;
}

export function ownershipLabels({ installation, clusterId }: Ownership): Record<string, string> {
  return { [label.installation]: installation, [label.cluster]: clusterId };
}

/** The engine's filter for list and event calls. */
export function labelFilter(labels: Readonly<Record<string, string>>): { label: string[] } {
  return { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
}

/** The image that pause containers run; built with the others, never offered to a trainee. */
export const pauseImage = 'drillhouse/pause:1.0';

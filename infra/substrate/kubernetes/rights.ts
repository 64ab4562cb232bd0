/** A rule of a ClusterRole, as Kubernetes has it. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export const operatorRole = 'drillhouse-sandbox';
export const traineeRole = 'drillhouse-trainee';
export const orchestratorRole = 'drillhouse-orchestrator';

const all = ['create', 'delete', 'get', 'list', 'patch', 'update'] as const;
const rbac = 'rbac.authorization.k8s.io';

/**
 * What the orchestrator may do in the whole cluster: make and remove namespaces, and give itself and trainees two roles in them. It can read nobody's Secrets by
 * these alone.
 */
export const orchestratorRules: readonly Rule[] = [
  { apiGroups: [''], resources: ['namespaces'], verbs: ['create', 'delete', 'get', 'list', 'patch'] },
  { apiGroups: [rbac], resources: ['rolebindings'], verbs: ['create'] },
  { apiGroups: [rbac], resources: ['clusterroles'], resourceNames: [operatorRole, traineeRole], verbs: ['bind'] },
  // The API server's own addresses: network policies have to let it in and let kubectl out.
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], resourceNames: ['kubernetes'], verbs: ['get'] },
];

/** What it may do in the namespaces of a sandbox, by a binding there. */
export const operatorRules: readonly Rule[] = [
  {
    apiGroups: [''],
    resources: [
      ...['configmaps', 'limitranges', 'persistentvolumeclaims', 'pods', 'resourcequotas', 'secrets', 'serviceaccounts', 'services'],
    ],
    verbs: all,
  },
  // An exec over a WebSocket is asked for with GET; from 1.35 on create is asked for besides.
  { apiGroups: [''], resources: ['pods/exec'], verbs: ['create', 'get'] },
  { apiGroups: [''], resources: ['services/proxy'], verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  { apiGroups: ['apps'], resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], verbs: all },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: all },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: all },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: all },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'], verbs: all },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: all },
  { apiGroups: [rbac], resources: ['rolebindings', 'roles'], verbs: all },
  { apiGroups: ['metrics.k8s.io'], resources: ['pods'], verbs: ['list'] },
  {
    apiGroups: ['chaos-mesh.org'],
    resources: ['httpchaos', 'networkchaos', 'podchaos', 'schedules', 'stresschaos'],
    verbs: ['create', 'delete', 'get', 'list'],
  },
];

const readOnly = ['get', 'list', 'watch'] as const;
const fully = [...all, 'deletecollection', 'watch'] as const;

/**
 * What trainees may do in their namespace: everything about workloads, and read what bounds them. Quotas, limit ranges, network policies and who may do what are the
 * platform's on a shared cluster: with them a trainee could reach out of the sandbox or lock the platform out of it.
 */
export const traineeRules: readonly Rule[] = [
  { apiGroups: [''], resources: ['configmaps', 'persistentvolumeclaims', 'pods', 'secrets', 'serviceaccounts', 'services'], verbs: fully },
  {
    apiGroups: [''],
    resources: ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'services/proxy'],
    verbs: ['create', 'delete', 'get', 'patch', 'update'],
  },
  { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
  { apiGroups: [''], resources: ['pods/ephemeralcontainers'], verbs: ['get', 'patch', 'update'] },
  {
    apiGroups: [''],
    resources: ['endpoints', 'events', 'limitranges', 'pods/log', 'pods/status', 'resourcequotas'],
    verbs: readOnly,
  },
  // Its own: a list of a namespace's namespaces is no question that Kubernetes asks.
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
  {
    apiGroups: ['apps'],
    resources: ['daemonsets', 'deployments', 'deployments/scale', 'replicasets', 'replicasets/scale', 'statefulsets', 'statefulsets/scale'],
    verbs: fully,
  },
  { apiGroups: ['apps'], resources: ['controllerrevisions'], verbs: readOnly },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: fully },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: fully },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: fully },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies', 'ingresses'], verbs: readOnly },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: readOnly },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: readOnly },
  { apiGroups: [rbac], resources: ['rolebindings', 'roles'], verbs: readOnly },
  { apiGroups: ['metrics.k8s.io'], resources: ['pods'], verbs: readOnly },
];

/** The three roles as infra/deploy/cluster-role.yaml holds them. Pure. */
export function publishedRoles(): readonly object[] {
  return [
    [orchestratorRole, orchestratorRules],
    [operatorRole, operatorRules],
    [traineeRole, traineeRules],
  ].map(([name, rules]) => ({ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules }));
}

/** One question for a SelfSubjectAccessReview. */
export interface RightQuestion {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
}

/** Rules one verb at a time. Pure. */
export function questionsOf(rules: readonly Rule[]): readonly RightQuestion[] {
  return rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [undefined] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((path) => {
        const [resource = '', subresource] = path.split('/');
        return resourceNames.flatMap((name) =>
          verbs.map((verb) => ({
            verb,
            group,
            resource,
            ...(subresource === undefined ? {} : { subresource }),
            ...(name === undefined ? {} : { name }),
          })),
        );
      }),
    ),
  );
}

/** As an administrator would write it in a role. Pure. */
export function describeQuestion({ verb, group, resource, subresource, name }: RightQuestion): string {
  const what = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
  return `${verb} ${what}${name === undefined ? '' : ` ${name}`}`;
}

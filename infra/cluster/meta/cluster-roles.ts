import { clusterRolesJson } from './generated/facts.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Subject } from './generated/types.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const bootstrapLabel = 'kubernetes.io/bootstrapping';
/** Kubernetes restores what is missing from such objects at each start. */
const autoupdate = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };
const aggregateTo = (role: string): string => `rbac.authorization.k8s.io/aggregate-to-${role}`;

/** Roles that gather the rules of others by label. */
const aggregated = ['admin', 'edit', 'view'];

/**
 * The built-in ClusterRoles. `admin`, `edit` and `view` carry their aggregation rule and their rules at once; roles with an
 * aggregation label add to them, as far as a controller does that.
 */
export function builtInClusterRoles(): ClusterRole[] {
  const facts = JSON.parse(clusterRolesJson) as readonly { readonly name: string; readonly rules: PolicyRule[] }[];
  return [...facts.map(({ name, rules }) => clusterRole(name, rules)), ...systemRoles.map(({ name, rules }) => clusterRole(name, rules))];
}

function clusterRole(name: string, rules: PolicyRule[]): ClusterRole {
  return {
    kind: 'ClusterRole',
    apiVersion,
    metadata: { name, annotations: autoupdate, labels: { [bootstrapLabel]: 'rbac-defaults', ...aggregationLabels(name) } },
    rules,
    ...(aggregated.includes(name) && { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateTo(name)]: 'true' } }] } }),
  };
}

/** `edit` adds to `admin`, `view` to `edit`, as the bootstrap policy chains them. */
function aggregationLabels(name: string): Record<string, string> {
  if (name === 'edit') return { [aggregateTo('admin')]: 'true' };
  return name === 'view' ? { [aggregateTo('edit')]: 'true' } : {};
}

/** Roles that identities of the control plane and of nodes are bound to; small, since ours run inside. */
const systemRoles: readonly { name: string; rules: PolicyRule[] }[] = [
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      {
        nonResourceURLs: ['/.well-known/openid-configuration', '/.well-known/openid-configuration/', '/openid/v1/jwks', '/openid/v1/jwks/'],
        verbs: ['get'],
      },
    ],
  },
  {
    name: 'system:monitoring',
    rules: [
      {
        nonResourceURLs: ['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*'],
        verbs: ['get'],
      },
    ],
  },
  {
    name: 'system:auth-delegator',
    rules: [
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'proxy'] },
      { apiGroups: [''], resources: ['nodes/log', 'nodes/metrics', 'nodes/proxy', 'nodes/stats'], verbs: ['*'] },
    ],
  },
  {
    name: 'system:node-bootstrapper',
    rules: [{ apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['create', 'get', 'list', 'watch'] }],
  },
  {
    name: 'system:node-problem-detector',
    rules: [
      { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
      { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
      { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
    ],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      { apiGroups: [''], resources: ['persistentvolumes'], verbs: ['create', 'delete', 'get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'list', 'update', 'watch'] },
      { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update', 'watch'] },
    ],
  },
  { name: 'system:kube-dns', rules: [{ apiGroups: [''], resources: ['endpoints', 'services'], verbs: ['list', 'watch'] }] },
  ...['nodeclient', 'selfnodeclient'].map((kind) => ({
    name: `system:certificates.k8s.io:certificatesigningrequests:${kind}`,
    rules: [{ apiGroups: ['certificates.k8s.io'], resources: [`certificatesigningrequests/${kind}`], verbs: ['create'] }],
  })),
  ...['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown'].map((signer) => ({
    name: `system:certificates.k8s.io:${signer}-approver`,
    rules: [{ apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: [`kubernetes.io/${signer}`], verbs: ['approve'] }],
  })),
];

/** Who holds the built-in roles. */
export function builtInClusterRoleBindings(): ClusterRoleBinding[] {
  return [
    binding('cluster-admin', ['system:masters']),
    binding('system:basic-user', ['system:authenticated']),
    binding('system:discovery', ['system:authenticated']),
    binding('system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
    binding('system:service-account-issuer-discovery', ['system:serviceaccounts']),
    binding('system:monitoring', ['system:monitoring']),
  ];
}

function binding(role: string, groups: readonly string[]): ClusterRoleBinding {
  const subjects: Subject[] = groups.map((name) => ({ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name }));
  return {
    kind: 'ClusterRoleBinding',
    apiVersion,
    metadata: { name: role, annotations: autoupdate, labels: { [bootstrapLabel]: 'rbac-defaults' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects,
  };
}

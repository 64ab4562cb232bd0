import type { KubeObject } from '../../cluster/meta/kube-object.ts';
import type { ClusterSettings } from './clusters-file.ts';
import { operatorRole, traineeRole } from './rights.ts';
import {
  installationLabel,
  labelsOf,
  partLabel,
  sandboxLabel,
  type NamespacePart,
  type Ownership,
  type SandboxNames,
} from './sandbox-labels.ts';

const RBAC = 'rbac.authorization.k8s.io';
const PROVIDER_PORT = 8080;
const NODE_LOCAL_DNS = '169.254.0.0/16';
const HIDDEN_QUOTA = { pods: '12', 'requests.cpu': '2', 'requests.memory': '2Gi', 'limits.memory': '6Gi' } as const;

/** Where the workspace's account lives and by which name; labs/system-objects.ts starts the workspace with it. */
const TRAINEE_ACCOUNT = 'trainee';

export interface ApiAddress {
  readonly cidr: string;
  readonly ports: readonly number[];
}

export interface TemplateOptions extends Ownership {
  readonly sandboxId: string;
  readonly names: SandboxNames;
  readonly settings: Pick<ClusterSettings, 'labels' | 'quota'>;
  /** The orchestrator as the cluster knows it, such as `system:serviceaccount:drillhouse:orchestrator`. */
  readonly self: string;
  /** Of the API server: previews come from them, kubectl goes to them. */
  readonly api: readonly ApiAddress[];
}

/** The two namespaces, and the orchestrator's rights in them: what must be there before anything else can be made. Pure. */
export function planNamespaces(options: TemplateOptions): readonly KubeObject[] {
  const { names } = options;
  return [
    namespace(options, names.namespace, 'trainee'),
    namespace(options, names.hiddenNamespace, 'hidden'),
    ...[names.namespace, names.hiddenNamespace].map((name) => binding(name, 'drillhouse-operator', operatorRole, subjectOf(options.self))),
  ];
}

/** What bounds the sandbox, and the trainee's rights in it. Pure. */
export function planBounds(options: TemplateOptions): readonly KubeObject[] {
  const { names, settings } = options;
  const { namespace: trainee, hiddenNamespace: hidden } = names;
  const account = { kind: 'ServiceAccount', name: TRAINEE_ACCOUNT, namespace: hidden };
  const { pods, cpu, memory } = settings.quota;
  return [
    platform('v1', 'ServiceAccount', hidden, TRAINEE_ACCOUNT, {}),
    binding(trainee, 'drillhouse-trainee', traineeRole, account),
    quota(trainee, {
      pods: String(pods),
      'requests.cpu': cpu,
      'requests.memory': memory,
      'limits.memory': memory,
      'services.loadbalancers': '0',
      'services.nodeports': '0',
    }),
    quota(hidden, HIDDEN_QUOTA),
    ...[trainee, hidden].map(limits),
    ...planPolicies(options),
  ];
}

/**
 * Everything is denied but: within the trainee's namespace, from workspace and prober into it, from both to the providers' one port, names, the API server to
 * kubectl, and the API server's proxy to what is previewed.
 */
function planPolicies({ names, api }: TemplateOptions): readonly KubeObject[] {
  const { namespace: trainee, hiddenNamespace: hidden } = names;
  const [inTrainee, inHidden] = [trainee, hidden].map((name) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  }));
  const providers = { ports: [{ protocol: 'TCP', port: PROVIDER_PORT }] };
  const fromApi = api.map(({ cidr }) => ({ ipBlock: { cidr } }));
  const toApi = api.map(({ cidr, ports }) => ({
    to: [{ ipBlock: { cidr } }],
    ports: [...new Set([443, ...ports])].map((port) => ({ protocol: 'TCP', port })),
  }));
  return [
    policy(trainee, 'drillhouse-default-deny', {}),
    policy(hidden, 'drillhouse-default-deny', {}),
    policy(trainee, 'drillhouse-lab', {
      ingress: [{ from: [inTrainee, inHidden, ...fromApi] }],
      egress: [{ to: [inTrainee] }, { to: [inHidden], ...providers }, names53(), ...toApi],
    }),
    policy(hidden, 'drillhouse-lab', {
      ingress: [{ from: [inTrainee, inHidden], ...providers }],
      egress: [{ to: [inTrainee] }, { to: [inHidden], ...providers }, names53(), ...toApi],
    }),
  ];
}

function names53(): object {
  return {
    to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }, { ipBlock: { cidr: NODE_LOCAL_DNS } }],
    ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 })),
  };
}

function policy(namespace: string, name: string, rules: object): KubeObject {
  const spec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ...rules };
  return platform('networking.k8s.io/v1', 'NetworkPolicy', namespace, name, { spec });
}

function quota(namespace: string, hard: Readonly<Record<string, string>>): KubeObject {
  return platform('v1', 'ResourceQuota', namespace, 'drillhouse', { spec: { hard } });
}

/** A quota of requests and limits refuses pods that name none: these are what they get. */
function limits(namespace: string): KubeObject {
  const limit = { type: 'Container', default: { memory: '512Mi' }, defaultRequest: { cpu: '50m', memory: '64Mi' } };
  return platform('v1', 'LimitRange', namespace, 'drillhouse', { spec: { limits: [limit] } });
}

function namespace({ installation, owner, sandboxId, settings }: TemplateOptions, name: string, part: NamespacePart): KubeObject {
  const labels = {
    ...settings.labels,
    ...labelsOf({ installation, owner }, sandboxId),
    [partLabel]: part,
    'pod-security.kubernetes.io/enforce': 'restricted',
  };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function binding(namespace: string, name: string, role: string, subject: object): KubeObject {
  return platform(`${RBAC}/v1`, 'RoleBinding', namespace, name, {
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    subjects: [subject],
  });
}

function subjectOf(self: string): object {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(self) ?? [];
  return namespace === undefined ? { apiGroup: RBAC, kind: 'User', name: self } : { kind: 'ServiceAccount', namespace, name };
}

/** Marked as the platform's: resets of a lab leave it alone. */
function platform(apiVersion: string, kind: string, namespace: string, name: string, content: object): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace, labels: { [partLabel]: 'platform' } }, ...content };
}

/** The sandbox that a namespace belongs to, where it is this installation's. Pure. */
export function sandboxOf(labels: Readonly<Record<string, string>> | undefined, installation: string): string | undefined {
  return labels?.[installationLabel] === installation ? labels[sandboxLabel] : undefined;
}

import { systemNamespace } from '../infra/substrate/system-namespace.ts';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import type { PemPair } from '../grader/certificates.ts';

const SERVICE_ACCOUNT = 'trainee';
const FILES = 'lab-files';
export const authorityName = 'lab-authority';

export const workspacePod = { namespace: systemNamespace, pod: 'workspace', container: 'shell' } as const;
export const proberPod = { namespace: systemNamespace, pod: 'prober', container: 'prober' } as const;

const HOME = '/home/trainee';
/** Made last by the workspace's start: until then its home is not complete. */
export const readyFile = `${HOME}/.drillhouse-ready`;

/** Everything about a sandbox that the trainee works from but cannot change, apart from pods. Pure. */
export function systemObjects(): readonly KubeObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: SERVICE_ACCOUNT, namespace: systemNamespace } },
    object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'drillhouse-trainee', undefined, {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace: systemNamespace }],
    }),
  ];
}

export function authoritySecret(authority: PemPair): KubeObject {
  return object('v1', 'Secret', authorityName, systemNamespace, {
    type: 'Opaque',
    data: { 'ca.crt': toBase64(authority.cert), 'ca.key': toBase64(authority.key) },
  });
}

/** The lab's files, to be mounted. Keys of a ConfigMap admit no slash. */
export function filesConfigMap(files: ReadonlyMap<string, string>): KubeObject {
  return object('v1', 'ConfigMap', FILES, systemNamespace, {
    data: Object.fromEntries([...files].map(([name, text]) => [toKey(name), text])),
  });
}

function toKey(name: string): string {
  return name.replaceAll('/', '__');
}

/** Puts the lab's files into ~/lab; run at the workspace's start and again by a reset to the start. */
export const copyFilesScript = `mkdir -p ${HOME}/lab && find ${HOME}/lab -mindepth 1 -delete && cp -RL /opt/lab/. ${HOME}/lab/ && chmod -R u+w ${HOME}/lab && mkdir -p ${HOME}/lab/ca && cp -L /opt/lab-authority/ca.crt /opt/lab-authority/ca.key ${HOME}/lab/ca/`;

/**
 * kubectl in a pod takes its default namespace from the service account's, which the trainee cannot see: a kubeconfig of its own names
 * the lab's. It refers to the token's file, because the token is renewed.
 */
function startScript(namespace: string): string {
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  return [
    'set -eu',
    copyFilesScript,
    `mkdir -p ${HOME}/.kube`,
    `cat > ${HOME}/.kube/config <<END`,
    'apiVersion: v1',
    'kind: Config',
    'current-context: lab',
    `contexts: [{name: lab, context: {cluster: lab, user: trainee, namespace: ${namespace}}}]`,
    'clusters: [{name: lab, cluster: {server: "https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT", certificate-authority: ' +
      `${account}/ca.crt}}]`,
    `users: [{name: trainee, user: {tokenFile: ${account}/token}}]`,
    'END',
    `chmod 600 ${HOME}/.kube/config`,
    `touch ${readyFile}`,
    'exec sleep infinity',
  ].join('\n');
}

/** Where the trainee's shell runs. Its home outlives a restart of the container. */
export function workspaceObject(namespace: string, files: ReadonlyMap<string, string>): KubeObject {
  const items = [...files.keys()].map((name) => ({ key: toKey(name), path: name, mode: name.endsWith('.sh') ? 0o755 : 0o644 }));
  return pod(workspacePod, {
    serviceAccountName: SERVICE_ACCOUNT,
    securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
    containers: [
      {
        name: workspacePod.container,
        image: 'registry.lab/workspace:1.0',
        command: ['bash', '-c', startScript(namespace)],
        env: [
          { name: 'HOME', value: HOME },
          { name: 'USER', value: 'trainee' },
        ],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '768Mi' } },
        volumeMounts: [
          { name: 'home', mountPath: HOME },
          { name: 'files', mountPath: '/opt/lab', readOnly: true },
          { name: 'authority', mountPath: '/opt/lab-authority', readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: 'home', emptyDir: {} },
      { name: 'files', configMap: { name: FILES, items } },
      // The trainee plays the team's certificate authority in this sandbox and nowhere else.
      { name: 'authority', secret: { secretName: authorityName, defaultMode: 0o444 } },
    ],
  });
}

/** Holds no secret and no token: what it needs for a probe it is told with the probe. */
export function proberObject(): KubeObject {
  return pod(proberPod, {
    automountServiceAccountToken: false,
    containers: [
      {
        name: proberPod.container,
        image: 'registry.lab/prober:1.0',
        args: ['idle'],
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '512Mi' } },
      },
    ],
  });
}

/** What Drillhouse itself needs in a sandbox stays, whatever an exercise does to the nodes. */
export const anyTaint = [{ operator: 'Exists' }] as const;

function pod(at: { readonly namespace: string; readonly pod: string }, spec: object): KubeObject {
  const common = { enableServiceLinks: false, terminationGracePeriodSeconds: 1, restartPolicy: 'Always', tolerations: anyTaint };
  return object('v1', 'Pod', at.pod, at.namespace, { spec: { ...common, ...spec } });
}

function object(apiVersion: string, kind: string, name: string, namespace: string | undefined, content: object): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, ...content };
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}

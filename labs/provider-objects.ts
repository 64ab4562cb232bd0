import { systemNamespace } from '../infra/substrate/system-namespace.ts';
import type { SandboxPlace } from '../infra/substrate/sandbox-place.ts';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { hashKey } from '../infra/images/provider/keys.ts';
import type { ProviderBook, ProviderPod } from '../grader/providers.ts';
import type { LabProvider } from './lab-schema.ts';
import { anyTaint } from './system-objects.ts';

/** Where the trainee's programs find the outside parties: Services without selectors, as one stands in for what is outside of a cluster. */
export const providersNamespace = 'providers';
const API_PORT = 8080;
const MANAGEMENT_PORT = 8081;

export function providerPod(provider: string): ProviderPod {
  return { namespace: systemNamespace, pod: `provider-${provider}`, container: 'provider' };
}

export function providerUrl(provider: string, place?: SandboxPlace): string {
  return `http://${provider}.${place?.hiddenNamespace ?? providersNamespace}`;
}

/** A lab's text with `NAME.providers` by the name that it has in this place; in patterns, the dot is written `\\.`. Pure. */
export function withProviders(text: string, providers: readonly Pick<LabProvider, 'name'>[], { hiddenNamespace }: SandboxPlace): string {
  if (providers.length === 0) return text;
  const names = providers.map(({ name }) => name).join('|');
  return text.replace(new RegExp(`\\b(${names})(\\\\?\\.)${providersNamespace}\\b`, 'g'), `$1$2${hiddenNamespace}`);
}

/** What only the operator sees of a provider: its keys and the credential of its control port, both as hashes, and its pod. Pure. */
export function providerObjects(provider: LabProvider, book: ProviderBook): readonly KubeObject[] {
  const { pod: name, namespace, container } = providerPod(provider.name);
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'Opaque',
    stringData: { 'keys.json': JSON.stringify(keysFile(provider, book)), token: `sha256:${hashKey(book.controlToken)}` },
  };
  const env = {
    PROVIDER_FACE: provider.face,
    KEYS_FILE: '/etc/provider/keys.json',
    CONTROL_TOKEN_FILE: '/etc/provider/token',
    FAULTS_FILE: '/var/lib/provider/faults.json',
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      restartPolicy: 'Always',
      tolerations: anyTaint,
      containers: [
        {
          name: container,
          image: 'registry.lab/provider:1.0',
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          ports: [{ name: 'http', containerPort: API_PORT }],
          // A provider that a fault has closed is still one that runs.
          startupProbe: { httpGet: { path: '/healthz', port: MANAGEMENT_PORT }, periodSeconds: 1, failureThreshold: 60 },
          readinessProbe: { httpGet: { path: '/healthz', port: MANAGEMENT_PORT }, periodSeconds: 10, failureThreshold: 3 },
          resources: { requests: { cpu: '100m', memory: '96Mi' }, limits: { memory: '512Mi' } },
          volumeMounts: [
            { name: 'settings', mountPath: '/etc/provider', readOnly: true },
            { name: 'state', mountPath: '/var/lib/provider' },
          ],
        },
      ],
      volumes: [
        { name: 'settings', secret: { secretName: name, defaultMode: 0o444 } },
        { name: 'state', emptyDir: {} },
      ],
    },
  };
  return [secret, pod] as readonly KubeObject[];
}

function keysFile({ name, monthlyLimitUsd, keys }: LabProvider, book: ProviderBook): object {
  const organization = organizationOf(name);
  return {
    organizations: [{ id: organization, name: 'Drillhouse trainees', ...(monthlyLimitUsd === undefined ? {} : { monthlyLimitUsd }) }],
    keys: keys.map(({ id, ...rest }) => ({ id, sha256: hashKey(book.keys[`${name}/${id}`] ?? ''), organization, ...rest })),
  };
}

export function organizationOf(provider: string): string {
  return `org-${provider}-lab`;
}

/** What stands for a provider in the trainee's cluster: a name, and the address behind it. Pure. */
export function providerService(provider: string, podIp: string): readonly [service: KubeObject, slice: KubeObject] {
  const metadata = { name: provider, namespace: providersNamespace };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { ports: [{ name: 'http', port: 80, targetPort: API_PORT, protocol: 'TCP' }] },
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': provider, 'endpointslice.kubernetes.io/managed-by': 'drillhouse' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [podIp], conditions: { ready: true } }],
    ports: [{ name: 'http', port: API_PORT, protocol: 'TCP' }],
  };
  return [service, slice] as unknown as readonly [KubeObject, KubeObject];
}

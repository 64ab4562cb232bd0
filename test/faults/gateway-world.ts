import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { pino } from 'pino';
import { parseAllDocuments } from 'yaml';
import { Credentials } from '../../grader/credentials.ts';
import type { Endpoint } from '../../grader/endpoint.ts';
import { fetchWorkload, isReady } from '../../grader/workload.ts';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import type { Pod } from '../../infra/cluster/meta/generated/types.ts';
import type { EmbeddedSubstrate } from '../../infra/substrate/embedded.ts';
import { openSubstrate } from '../../infra/substrate/open-substrate.ts';
import { systemNamespace } from '../../infra/substrate/system-namespace.ts';
import type { LabProvider } from '../../labs/lab-schema.ts';
import { beginProviders, ensureProviders } from '../../labs/sandbox-providers.ts';
import { createAbsent } from '../../labs/sandbox-setup.ts';
import { accessSandbox, type SandboxAccess } from '../../labs/sandbox.ts';
import { authorityName, proberObject, systemObjects } from '../../labs/system-objects.ts';
import type { Values } from '../../labs/template.ts';
import type { FaultTarget } from '../../scenarios/faults/fault.ts';

const NAMESPACE = 'atlas';
const READY_WITHIN_MS = 90_000;
const POLL_MS = 100;

export const gatewayEndpoint: Endpoint = {
  namespace: NAMESPACE,
  deployment: 'gateway',
  container: 'gateway',
  service: 'gateway',
  port: 4000,
  scheme: 'http',
  model: 'chat',
  root: 'alpha-4-nano',
  key: { env: 'LITELLM_MASTER_KEY', secret: 'gateway-keys', entry: 'master-key', prefix: 'sk-', minLength: 16 },
};

export const providers: readonly LabProvider[] = [
  { name: 'alpha', face: 'alpha', keys: [{ id: 'atlas' }, { id: 'next' }] },
  { name: 'beta', face: 'beta', keys: [{ id: 'atlas' }] },
];

/** As a trainee would write it, comment and all. */
export const gatewayConfig = `# Atlas: one way to all models.
model_list:
  - model_name: chat
    litellm_params:
      model: openai/alpha-4-nano
      api_base: http://alpha.providers/v1
      api_key: os.environ/ALPHA_KEY
      input_cost_per_token: 0.0000001
      output_cost_per_token: 0.0000004
  - model_name: chat-backup
    litellm_params: { model: anthropic/beta-wren-4, api_base: 'http://beta.providers', api_key: os.environ/BETA_KEY }
router_settings:
  num_retries: 0
  fallbacks: [{ chat: [chat-backup] }]
litellm_settings:
  cache: true
guardrails:
  - guardrail_name: hazards
    litellm_params: { guardrail: llama_guard, mode: pre_call, default_on: true }
  - guardrail_name: personal-data
    litellm_params: { guardrail: presidio, mode: pre_call, default_on: true }
  - guardrail_name: injections
    litellm_params:
      guardrail: litellm_content_filter
      mode: pre_call
      default_on: true
      patterns: [{ pattern_type: prebuilt, pattern_name: prompt_injection, action: BLOCK }]
`;

/** A sandbox with two providers and a trainee's gateway before them, on the process runtime. */
export class GatewayWorld implements AsyncDisposable {
  readonly target: FaultTarget;
  readonly access: SandboxAccess;
  /** The providers' keys as manifests of a lab would name them. */
  keys: Values = {};
  readonly #config: KubeConfig;
  readonly #substrate: EmbeddedSubstrate;
  readonly #dataDir: string;

  private constructor(substrate: EmbeddedSubstrate, dataDir: string, config: KubeConfig) {
    const { signal } = new AbortController();
    const access = accessSandbox(config, signal);
    this.#config = config;
    this.#substrate = substrate;
    this.#dataDir = dataDir;
    this.access = access;
    const authority = { kind: 'Secret', namespace: systemNamespace, name: authorityName };
    const credentials = new Credentials(access.objects, gatewayEndpoint, authority);
    this.target = {
      ...access,
      endpoint: gatewayEndpoint,
      credentials,
      baseline: undefined,
      signal,
      readFile: () => Promise.resolve(undefined),
    };
  }

  static async open(): Promise<GatewayWorld> {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'gateway-world-'));
    const substrate = await openSubstrate({ runtime: 'process', dataDir, log: pino({ level: 'fatal' }), report: () => undefined });
    const { operatorConfig } = await substrate.provision('gateway', () => undefined, new AbortController().signal);
    const world = new GatewayWorld(substrate, dataDir, operatorConfig);
    const { access, target } = world;
    await createAbsent(access.objects, systemObjects());
    world.keys = await beginProviders(access, providers);
    const { alphaKey = '', betaKey = '' } = world.keys;
    await createAbsent(access.objects, [proberObject(), ...objectsOf(manifests(String(alphaKey), String(betaKey)))]);
    await ensureProviders(access, providers, target.signal);
    await world.awaitPods(systemNamespace, 3);
    await world.awaitGateway();
    return world;
  }

  /** Until the gateway's pod serves again, and none of an earlier one does. */
  async awaitGateway(): Promise<void> {
    await until('the gateway serves', async () => {
      const { pods, serving } = await fetchWorkload(this.access.objects, gatewayEndpoint);
      return pods.length === 1 && pods.every(isReady) && serving.length === 1;
    });
  }

  async awaitPods(namespace: string, count: number): Promise<void> {
    await until(`${count} pods of ${namespace} are ready`, async () => {
      const pods = await this.access.objects.list<Pod>('Pod', { namespace });
      return pods.filter(isReady).length === count;
    });
  }

  /** What a pod of the gateway has printed. */
  logOf(pod: string): Promise<string> {
    return this.#config.makeApiClient(CoreV1Api).readNamespacedPodLog({ name: pod, namespace: NAMESPACE });
  }

  /** What a provider is told over its control port, as the orchestrator does it. */
  async orderProvider(name: 'alpha' | 'beta', faults: object): Promise<void> {
    await this.access.providers.order(name, { action: 'setFaults', faults });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#substrate[Symbol.asyncDispose]();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It did not come about that ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function manifests(alphaKey: string, betaKey: string): string {
  return [
    `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${NAMESPACE} }\n`,
    gateway({ 'master-key': randomKey(), 'alpha-key': alphaKey, 'beta-key': betaKey }),
  ].join('---\n');
}

function randomKey(): string {
  return `sk-${randomBytes(16).toString('hex')}`;
}

function gateway(keys: Readonly<Record<string, string>>): string {
  const variable = (name: string, key: string): string =>
    `        - { name: ${name}, valueFrom: { secretKeyRef: { name: gateway-keys, key: ${key} } } }`;
  return `apiVersion: v1
kind: Secret
metadata: { name: gateway-keys, namespace: ${NAMESPACE} }
stringData: ${JSON.stringify(keys)}
---
apiVersion: v1
kind: ConfigMap
metadata: { name: gateway-config, namespace: ${NAMESPACE} }
data:
  config.yaml: ${JSON.stringify(gatewayConfig)}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: gateway, namespace: ${NAMESPACE} }
spec:
  selector: { matchLabels: { app: gateway } }
  template:
    metadata: { labels: { app: gateway } }
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: gateway
          image: registry.lab/gateway:1.0
          env:
    ${['LITELLM_MASTER_KEY:master-key', 'ALPHA_KEY:alpha-key', 'BETA_KEY:beta-key']
      .map((pair) => variable(...(pair.split(':') as [string, string])))
      .join('\n    ')}
          ports: [{ containerPort: 4000 }]
          readinessProbe: { httpGet: { path: /health/readiness, port: 4000 }, periodSeconds: 1 }
          livenessProbe: { httpGet: { path: /health/liveliness, port: 4000 }, initialDelaySeconds: 10 }
          volumeMounts: [{ name: config, mountPath: /etc/gateway }]
      volumes: [{ name: config, configMap: { name: gateway-config } }]
---
apiVersion: v1
kind: Service
metadata: { name: gateway, namespace: ${NAMESPACE} }
spec: { selector: { app: gateway }, ports: [{ port: 4000 }] }
`;
}

function objectsOf(yaml: string): readonly KubeObject[] {
  return parseAllDocuments(yaml).map((document) => document.toJS() as KubeObject);
}

import { KubeConfig } from '@kubernetes/client-node';
import { sleep, systemClock, type Clock } from '../../cluster/meta/clock.ts';
import { ChaosHttp, type ChaosRequest } from '../../chaos/chaos-http.ts';
import { ChaosError, isAbsent, isTaken } from '../../chaos/chaos-error.ts';
import { chaosApiVersion } from '../../chaos/chaos-types.ts';
import type { KubeObject } from '../../cluster/meta/kube-object.ts';
import { SubstrateError } from '../../../server/sandboxes/substrate.ts';
import { pathOf } from '../../../grader/kube-objects.ts';
import { explainTrouble } from './api-trouble.ts';
import type { ClusterSettings } from './clusters-file.ts';
import { describeQuestion, operatorRole, operatorRules, orchestratorRole, orchestratorRules, questionsOf, type Rule } from './rights.ts';
import type { ApiAddress } from './sandbox-template.ts';

/** The oldest minor version of Kubernetes 1 that is known to serve everything that is asked for. */
const OLDEST_MINOR = 31;
const REQUEST_TIMEOUT_MS = 10_000;
const HEALTH_TIMEOUT_MS = 4_000;
/** A role that was bound a moment ago is not yet known to every API server. */
const RIGHTS_TIMEOUT_MS = 15_000;
const RIGHTS_POLL_MS = 100;
const QUESTIONS_AT_ONCE = 6;

/** What is known of a cluster once it was looked at. */
export interface ClusterFacts {
  readonly version: string;
  /** Who the orchestrator is there. */
  readonly self: string;
  readonly servesChaos: boolean;
  readonly api: readonly ApiAddress[];
}

export interface NamespaceObject extends KubeObject {
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { readonly status: string; readonly message?: string }[] };
}

export interface ClusterLinkOptions {
  readonly clock?: Clock;
  /** How long a cluster may take to give a sign of life. */
  readonly healthTimeoutMs?: number;
  /** In place of the one that the settings name. */
  readonly config?: KubeConfig;
}

/** One outside cluster. Every call is bounded in time and throws SubstrateError in words for whoever runs the platform. */
export class ClusterLink implements Disposable {
  readonly settings: ClusterSettings;
  readonly config: KubeConfig;
  readonly #http: ChaosHttp;
  /** One try each: whoever asks about health wants to know of the first failure. */
  readonly #probe: ChaosHttp;
  readonly #clock: Clock;
  /** The kubeconfig is read at the first look and, while there is trouble, at each: it may be another by then. */
  readonly #reads: boolean;
  #isTroubled = true;
  #facts: Promise<ClusterFacts> | undefined;

  constructor(settings: ClusterSettings, { clock = systemClock, healthTimeoutMs = HEALTH_TIMEOUT_MS, config }: ClusterLinkOptions = {}) {
    this.settings = settings;
    this.config = config ?? new KubeConfig();
    this.#reads = config === undefined;
    this.#clock = clock;
    this.#http = new ChaosHttp(this.config, { requestTimeoutMs: REQUEST_TIMEOUT_MS, retries: 2, clock });
    this.#probe = new ChaosHttp(this.config, { requestTimeoutMs: healthTimeoutMs, retries: 0, clock });
  }

  get name(): string {
    return this.settings.name;
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
    this.#probe[Symbol.dispose]();
  }

  /** Looked at once; after a failure again at the next call. Throws where the cluster cannot be used: too old, or with rights missing, all of which are named. */
  facts(): Promise<ClusterFacts> {
    this.#facts ??= this.#look().catch((error: unknown) => {
      this.#facts = undefined;
      throw error;
    });
    return this.#facts;
  }

  /** Why nothing can be done on it now; undefined while it can. Never throws. */
  async findTrouble(): Promise<string | undefined> {
    try {
      if (this.#isTroubled && this.#reads) this.#readConfig();
      await this.#send(this.#probe, { method: 'GET', path: '/version' });
      await this.facts();
      // An expired credential may still read the version, which is open to all.
      await this.#whoAmI(this.#probe);
      this.#isTroubled = false;
      return undefined;
    } catch (error) {
      this.#isTroubled = true;
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Leaves what is there. */
  async create(object: KubeObject): Promise<void> {
    const path = pathOf(object.kind, object.metadata.namespace);
    try {
      await this.#http.send({ method: 'POST', path, body: object });
    } catch (error) {
      if (!isTaken(error)) throw explainTrouble(this.settings, error);
    }
  }

  async findNamespace(name: string): Promise<NamespaceObject | undefined> {
    return this.#find<NamespaceObject>(pathOf('Namespace', undefined, name));
  }

  async listNamespaces(labelSelector: string): Promise<readonly NamespaceObject[]> {
    const { items = [] } = await this.#ask<{ readonly items?: readonly NamespaceObject[] }>({
      method: 'GET',
      path: pathOf('Namespace', undefined),
      query: { labelSelector },
    });
    return items;
  }

  /** A merge patch. False where it names a version that is not the newest, or there is none any more. */
  async patchNamespace(name: string, patch: object): Promise<boolean> {
    const path = pathOf('Namespace', undefined, name);
    try {
      await this.#http.send({ method: 'PATCH', path, body: patch, contentType: 'application/merge-patch+json' });
      return true;
    } catch (error) {
      if (isAbsent(error) || (error instanceof ChaosError && error.status?.code === 409)) return false;
      throw explainTrouble(this.settings, error);
    }
  }

  /** False where there was none. What is in it goes with it, in the cluster's own time. */
  async deleteNamespace(name: string): Promise<boolean> {
    try {
      await this.#http.send({ method: 'DELETE', path: pathOf('Namespace', undefined, name) });
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw explainTrouble(this.settings, error);
    }
  }

  /** Until the orchestrator may do in a new namespace what it was just given. Throws naming what is missing. */
  async awaitRights(namespace: string, signal: AbortSignal): Promise<void> {
    const deadlineMs = this.#clock.now() + RIGHTS_TIMEOUT_MS;
    for (;;) {
      const missing = await this.#findMissing(firstOfEach(operatorRules), namespace);
      if (missing.length === 0) return;
      if (this.#clock.now() > deadlineMs)
        throw new SubstrateError(
          'ProvisioningFailed',
          `The ClusterRole ${operatorRole} of the cluster ${this.name} does not give what a sandbox needs: ${missing.join('; ')}. Apply the roles in infra/deploy.`,
        );
      await sleep(this.#clock, RIGHTS_POLL_MS, signal);
    }
  }

  /** Into the same object, which sandboxes hold. Connections with the old credentials are let go of. */
  #readConfig(): void {
    readInto(this.config, this.settings);
    this[Symbol.dispose]();
  }

  async #look(): Promise<ClusterFacts> {
    const { major = '0', minor = '0', gitVersion = '?' } = await this.#ask<Record<string, string>>({ method: 'GET', path: '/version' });
    if (Number.parseInt(major, 10) < 1 || Number.parseInt(minor, 10) < OLDEST_MINOR)
      throw new SubstrateError(
        'Unavailable',
        `The cluster ${this.name} is too old: it runs ${gitVersion}, and 1.${OLDEST_MINOR} is the least.`,
      );
    const self = await this.#whoAmI(this.#http);
    const missing = await this.#findMissing(orchestratorRules);
    if (missing.length > 0)
      throw new SubstrateError(
        'Unavailable',
        `The credentials for the cluster ${this.name} (${self}) lack rights: ${missing.join('; ')}. Bind the ClusterRole ${orchestratorRole} in infra/deploy to them.`,
      );
    const [servesChaos, api] = await Promise.all([this.#servesChaos(), this.#apiAddresses()]);
    return { version: gitVersion, self, servesChaos, api };
  }

  async #whoAmI(http: ChaosHttp): Promise<string> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} };
    const review = await this.#send<{ readonly status?: { readonly userInfo?: { readonly username?: string } } }>(http, {
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body,
    });
    const name = review.status?.userInfo?.username ?? '';
    if (name === '' || name === 'system:anonymous')
      throw new SubstrateError('Unavailable', `The cluster ${this.name} does not know the credentials in its kubeconfig.`);
    return name;
  }

  async #findMissing(rules: readonly Rule[], namespace?: string): Promise<readonly string[]> {
    const questions = questionsOf(rules);
    const missing: string[] = [];
    for (let at = 0; at < questions.length; at += QUESTIONS_AT_ONCE) {
      const some = questions.slice(at, at + QUESTIONS_AT_ONCE);
      const allowed = await Promise.all(
        some.map((question) => this.#mayI({ ...question, ...(namespace === undefined ? {} : { namespace }) })),
      );
      missing.push(...some.filter((_, index) => allowed[index] === false).map(describeQuestion));
    }
    return missing;
  }

  async #mayI(resourceAttributes: object): Promise<boolean> {
    const review = await this.#ask<{ readonly status?: { readonly allowed?: boolean } }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
    });
    return review.status?.allowed === true;
  }

  async #servesChaos(): Promise<boolean> {
    return (await this.#find(`/apis/${chaosApiVersion}`)) !== undefined;
  }

  async #apiAddresses(): Promise<readonly ApiAddress[]> {
    interface Slice {
      readonly endpoints?: readonly { readonly addresses?: readonly string[] }[] | null;
      readonly ports?: readonly { readonly port?: number }[] | null;
    }
    const slice = await this.#find<Slice>(pathOf('EndpointSlice', 'default', 'kubernetes'));
    const ports = (slice?.ports ?? []).flatMap(({ port }) => port ?? []);
    return (slice?.endpoints ?? []).flatMap(({ addresses = [] }) =>
      addresses.map((ip) => ({ cidr: `${ip}/${ip.includes(':') ? 128 : 32}`, ports })),
    );
  }

  async #find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.#http.send<T>({ method: 'GET', path });
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw explainTrouble(this.settings, error);
    }
  }

  #ask<T>(request: ChaosRequest): Promise<T> {
    return this.#send<T>(this.#http, request);
  }

  async #send<T>(http: ChaosHttp, request: ChaosRequest): Promise<T> {
    try {
      return await http.send<T>(request);
    } catch (error) {
      throw explainTrouble(this.settings, error);
    }
  }
}

/** What comes with a role comes at once, so one question a rule tells whether it is there. */
function firstOfEach(rules: readonly Rule[]): readonly Rule[] {
  return rules.map((rule) => ({ ...rule, resources: rule.resources.slice(0, 1), verbs: rule.verbs.slice(0, 1) }));
}

function readInto(config: KubeConfig, { name, kubeconfig, context }: ClusterSettings): void {
  try {
    if (kubeconfig === undefined) config.loadFromCluster();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    const { message } = error as Error;
    throw new SubstrateError('Unavailable', `The kubeconfig of the cluster ${name} cannot be read: ${message}`, { cause: error });
  }
  if (context !== undefined) config.setCurrentContext(context);
  if (config.getCurrentCluster() !== null) return;
  const missing = context === undefined ? 'current context' : `context ${context}`;
  throw new SubstrateError('Unavailable', `The kubeconfig of the cluster ${name} has no ${missing}.`);
}

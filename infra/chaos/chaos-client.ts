import type { KubeConfig } from '@kubernetes/client-node';
import { sleep } from '../cluster/meta/clock.ts';
import { ChaosError, isAbsent, isTaken } from './chaos-error.ts';
import { ChaosHttp, type ChaosHttpOptions } from './chaos-http.ts';
import {
  chaosApiVersion,
  chaosResources,
  pauseAnnotation,
  type ChaosCondition,
  type ChaosKind,
  type ChaosObjects,
  type Experiment,
  type ExperimentKind,
} from './chaos-types.ts';

export interface ChaosName {
  readonly namespace: string;
  readonly name: string;
}

/** What is to be created: metadata of the caller's, without what the server assigns. */
export interface NewChaos<K extends ChaosKind> extends ChaosName {
  readonly kind: K;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: ChaosObjects[K]['spec'];
}

export interface ChaosClientOptions extends ChaosHttpOptions {
  /** For the waits: how long a state may take to come about. */
  readonly waitTimeoutMs?: number;
}

const FIRST_LOOK_MS = 50;
const MAX_LOOK_MS = 1_000;

/**
 * Chaos Mesh's experiments on any cluster that serves them, a real one or an embedded one. All calls are bounded in time and tries and throw
 * ChaosError; creating what is there and deleting what is gone succeed.
 */
export class ChaosClient implements Disposable {
  readonly #http: ChaosHttp;
  readonly #waitTimeoutMs: number;

  constructor(config: KubeConfig, options: ChaosClientOptions = {}) {
    this.#http = new ChaosHttp(config, options);
    this.#waitTimeoutMs = options.waitTimeoutMs ?? 60_000;
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }

  /** Whether the cluster knows the kinds at all. */
  async isServed(): Promise<boolean> {
    try {
      await this.#http.send({ method: 'GET', path: `/apis/${chaosApiVersion}` });
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  /** What is there by that name is left as it is, and answered. */
  async create<K extends ChaosKind>({ kind, namespace, name, labels, annotations, spec }: NewChaos<K>): Promise<ChaosObjects[K]> {
    const metadata = {
      name,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    };
    const body = { apiVersion: chaosApiVersion, kind, metadata, spec };
    try {
      return await this.#http.send<ChaosObjects[K]>({ method: 'POST', path: collection(kind, namespace), body });
    } catch (error) {
      const present = isTaken(error) ? await this.find(kind, { namespace, name }) : undefined;
      if (present === undefined) throw error;
      return present;
    }
  }

  async find<K extends ChaosKind>(kind: K, { namespace, name }: ChaosName): Promise<ChaosObjects[K] | undefined> {
    try {
      return await this.#http.send<ChaosObjects[K]>({ method: 'GET', path: `${collection(kind, namespace)}/${encodeURIComponent(name)}` });
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async list<K extends ChaosKind>(kind: K, namespace: string, labelSelector?: string): Promise<readonly ChaosObjects[K][]> {
    const query = labelSelector === undefined ? {} : { query: { labelSelector } };
    const list = await this.#http.send<{ readonly items?: readonly ChaosObjects[K][] }>({
      method: 'GET',
      path: collection(kind, namespace),
      ...query,
    });
    // Items of a list do not say what they are.
    return (list.items ?? []).map((item) => ({ ...item, apiVersion: chaosApiVersion, kind }));
  }

  /** Until every selected pod has it. AllInjected alone is also true while none is selected. */
  awaitInjected<K extends ExperimentKind>(kind: K, name: ChaosName): Promise<ChaosObjects[K]> {
    return this.#await(
      kind,
      name,
      'injected',
      (chaos) => chaos.status?.experiment?.desiredPhase === 'Run' && hasAll(chaos, 'Selected', 'AllInjected'),
    );
  }

  /** Until nothing of it is in force though it is still there: paused, or its time is over. AllRecovered alone is also true before injection. */
  awaitRecovered<K extends ExperimentKind>(kind: K, name: ChaosName): Promise<ChaosObjects[K]> {
    return this.#await(
      kind,
      name,
      'recovered',
      (chaos) => chaos.status?.experiment?.desiredPhase === 'Stop' && hasAll(chaos, 'AllRecovered'),
    );
  }

  async pause(kind: ChaosKind, name: ChaosName): Promise<void> {
    await this.#annotate(kind, name, 'true');
  }

  async resume(kind: ChaosKind, name: ChaosName): Promise<void> {
    await this.#annotate(kind, name, null);
  }

  /** Resolves when it is gone, and so everything that it did is taken back. False where there was none. */
  async delete(kind: ChaosKind, name: ChaosName): Promise<boolean> {
    const path = `${collection(kind, name.namespace)}/${encodeURIComponent(name.name)}`;
    try {
      await this.#http.send({ method: 'DELETE', path });
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
    await this.#poll(`${kind} ${name.namespace}/${name.name} to be gone`, async () =>
      (await this.find(kind, name)) === undefined ? true : undefined,
    );
    return true;
  }

  /** To be done before the namespace is deleted, which else waits for the finalizers of experiments. Schedules go first, for they make new ones. */
  async deleteAll(namespace: string, labelSelector?: string): Promise<void> {
    const kinds = Object.keys(chaosResources) as ChaosKind[];
    const remove = async (kind: ChaosKind): Promise<void> => {
      const all = await this.list(kind, namespace, labelSelector);
      await Promise.all(all.map(({ metadata }) => this.delete(kind, { namespace, name: metadata.name })));
    };
    await remove('Schedule');
    await Promise.all(kinds.filter((kind) => kind !== 'Schedule').map(remove));
  }

  async #annotate(kind: ChaosKind, { namespace, name }: ChaosName, value: 'true' | null): Promise<void> {
    await this.#http.send({
      method: 'PATCH',
      path: `${collection(kind, namespace)}/${encodeURIComponent(name)}`,
      body: { metadata: { annotations: { [pauseAnnotation]: value } } },
      contentType: 'application/merge-patch+json',
    });
  }

  #await<K extends ExperimentKind>(
    kind: K,
    name: ChaosName,
    state: string,
    isThere: (chaos: ChaosObjects[K]) => boolean,
  ): Promise<ChaosObjects[K]> {
    let last: ChaosObjects[K] | undefined;
    const look = async (): Promise<ChaosObjects[K] | undefined> => {
      last = await this.find(kind, name);
      if (last === undefined)
        throw new ChaosError('Refused', `${kind} ${name.namespace}/${name.name} is gone.`, { status: { code: 404, reason: 'NotFound' } });
      return isThere(last) ? last : undefined;
    };
    return this.#poll(`${kind} ${name.namespace}/${name.name} to be ${state}`, look, () => describe(last));
  }

  async #poll<T>(what: string, look: () => Promise<T | undefined>, describeLast: () => string = () => ''): Promise<T> {
    const { clock, signal } = this.#http;
    const untilMs = clock.now() + this.#waitTimeoutMs;
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(MAX_LOOK_MS, pauseMs * 1.5)) {
      const found = await look();
      if (found !== undefined) return found;
      if (clock.now() >= untilMs) throw new ChaosError('TimedOut', `Waited ${this.#waitTimeoutMs} ms for ${what}${describeLast()}.`);
      await sleep(clock, pauseMs, signal);
    }
  }
}

function collection(kind: ChaosKind, namespace: string): string {
  return `/apis/${chaosApiVersion}/namespaces/${encodeURIComponent(namespace)}/${chaosResources[kind]}`;
}

function hasAll({ status }: Pick<Experiment, 'status'>, ...types: readonly ChaosCondition['type'][]): boolean {
  return types.every((type) => status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true);
}

/** What went wrong last, in the words of its records and conditions. */
function describe(chaos: Pick<Experiment, 'status'> | undefined): string {
  const events = (chaos?.status?.experiment?.containerRecords ?? []).flatMap(({ events: own = [] }) => own);
  const failure = events.filter(({ type }) => type === 'Failed').at(-1)?.message;
  const reason = failure ?? chaos?.status?.conditions?.find((condition) => (condition.reason ?? '') !== '')?.reason;
  return reason === undefined ? '' : `: ${reason}`;
}

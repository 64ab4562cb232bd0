import type { ChaosRecord, HTTPChaos } from '../../chaos/chaos-types.ts';
import type { Informer } from '../client/informer.ts';
import type { Detours } from '../kubelet/plan-routes.ts';
import type { Clock } from '../meta/clock.ts';
import type { Pod } from '../meta/generated/types.ts';
import { ChaosRefusal, type ChaosEffects } from './chaos-context.ts';
import { HttpProxy } from './http-proxy.ts';
import { checkRule, type HttpRule } from './http-rules.ts';
import { podRef, type PodHands } from './pod-hands.ts';

export interface HttpEffectsParts {
  readonly pods: Informer<Pod>;
  readonly hands: PodHands;
  readonly clock: Clock;
  /** Where proxies listen: an address that every pod reaches. */
  readonly host: string;
  /** Sends what goes to a pod's port through a Service somewhere else. */
  readonly setDetours: (detours: Detours) => Promise<void>;
}

interface Standing {
  readonly proxy: HttpProxy;
  readonly ip: string;
  readonly podPort: number;
  readonly port: number;
}

/**
 * HTTPChaos by a proxy in the path that Services lead to a pod's port. What a client sends to the pod's own address goes past it, headless Services
 * included, and while it stands NetworkPolicies and NetworkChaos on that path see the proxy in the pod's place.
 */
export class HttpEffects implements ChaosEffects<HTTPChaos> {
  readonly #parts: HttpEffectsParts;
  readonly #experiments = new Map<string, { readonly chaos: HTTPChaos; readonly pods: readonly string[] }>();
  readonly #standing = new Map<string, Standing>();
  /** Proxies are opened and closed by one settling at a time. */
  #tail: Promise<void> = Promise.resolve();

  constructor(parts: HttpEffectsParts) {
    this.#parts = parts;
  }

  isOneShot(): boolean {
    return false;
  }

  isOfContainers(): boolean {
    return false;
  }

  inject({ spec }: HTTPChaos, { id }: ChaosRecord): Promise<void> {
    return Promise.resolve().then(() => {
      checkRule(spec);
      if (this.#parts.pods.get(id)?.status?.podIP === undefined) throw new ChaosRefusal(`pod ${id} has no address`);
    });
  }

  recover(): Promise<void> {
    return Promise.resolve();
  }

  async settle(uid: string, chaos: HTTPChaos | undefined, records: readonly ChaosRecord[]): Promise<void> {
    const pods = records.filter(({ phase }) => phase === 'Injected').map(({ id }) => id);
    if (chaos === undefined || pods.length === 0) {
      if (!this.#experiments.delete(uid)) return;
    } else this.#experiments.set(uid, { chaos, pods });
    const settling = this.#tail.then(() => this.#apply());
    this.#tail = settling.catch(() => undefined);
    await settling;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail;
    for (const { proxy } of this.#standing.values()) await proxy[Symbol.asyncDispose]();
  }

  async #apply(): Promise<void> {
    const wanted = this.#wanted();
    for (const [key, { pod, port, rules }] of wanted) {
      const standing = this.#standing.get(key) ?? (await this.#open(pod, port));
      standing.proxy.rules = rules;
      this.#standing.set(key, standing);
    }
    const gone = [...this.#standing].filter(([key]) => !wanted.has(key));
    for (const [key] of gone) this.#standing.delete(key);
    const detours = [...this.#standing.values()].map(
      ({ ip, podPort, port }) => [`${ip}:${podPort}`, { ip: this.#parts.host, port }] as const,
    );
    await this.#parts.setDetours(new Map(detours));
    // Only when nobody is led there any more.
    for (const [, { proxy }] of gone) await proxy[Symbol.asyncDispose]();
  }

  #wanted(): ReadonlyMap<string, { readonly pod: Pod; readonly port: number; readonly rules: HttpRule[] }> {
    const wanted = new Map<string, { readonly pod: Pod; readonly port: number; readonly rules: HttpRule[] }>();
    for (const { chaos, pods } of this.#experiments.values()) {
      const { spec } = chaos;
      for (const id of pods) {
        const pod = this.#parts.pods.get(id);
        if (pod?.status?.podIP === undefined || spec.port === undefined) continue;
        const key = `${pod.metadata.uid ?? ''}:${spec.port}`;
        const entry = wanted.get(key) ?? { pod, port: spec.port, rules: [] };
        entry.rules.push(spec);
        wanted.set(key, entry);
      }
    }
    return wanted;
  }

  async #open(pod: Pod, podPort: number): Promise<Standing> {
    const { hands, host, clock } = this.#parts;
    const proxy = new HttpProxy({ host, clock, dial: (signal) => hands.dial(podRef(pod), podPort, signal) });
    return { proxy, ip: pod.status?.podIP ?? '', podPort, port: await proxy.listen() };
  }
}

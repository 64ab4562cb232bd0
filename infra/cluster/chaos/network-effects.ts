import type { ChaosRecord, NetworkChaos, NetworkChaosSpec } from '../../chaos/chaos-types.ts';
import type { WireEffect } from '../../runtime/runtime.ts';
import type { WireFault } from '../kubelet/wire-faults.ts';
import { ChaosRefusal, type ChaosEffects } from './chaos-context.ts';
import { bytesPerSecond, durationMs, shareOf } from './units.ts';

/** NetworkChaos by the cluster's faults on the wire, one for each experiment that is in force. */
export class NetworkEffects implements ChaosEffects<NetworkChaos> {
  readonly #faults = new Map<string, WireFault>();
  readonly #setWireFaults: (faults: readonly WireFault[]) => Promise<void>;

  constructor(setWireFaults: (faults: readonly WireFault[]) => Promise<void>) {
    this.#setWireFaults = setWireFaults;
  }

  isOneShot(): boolean {
    return false;
  }

  isOfContainers(): boolean {
    return false;
  }

  /** Says whether it can be; what is in force is decided for all pods together. */
  inject({ spec }: NetworkChaos): Promise<void> {
    return Promise.resolve().then(() => void planEffects(spec));
  }

  recover(): Promise<void> {
    return Promise.resolve();
  }

  async settle(uid: string, chaos: NetworkChaos | undefined, records: readonly ChaosRecord[]): Promise<void> {
    const fault = chaos === undefined ? undefined : planFault(uid, chaos.spec, records);
    if (fault === undefined && !this.#faults.has(uid)) return;
    if (fault === undefined) this.#faults.delete(uid);
    else this.#faults.set(uid, fault);
    await this.#setWireFaults([...this.#faults.values()]);
  }
}

/** What the wire between the pods that are injected suffers; nothing while none of one side is. */
export function planFault(uid: string, spec: NetworkChaosSpec, records: readonly ChaosRecord[]): WireFault | undefined {
  const injected = (key: string): string[] =>
    records.filter(({ phase, selectorKey }) => phase === 'Injected' && selectorKey === key).map(({ id }) => id);
  const [sources, targets] = [injected('.'), injected('.Target')];
  if (sources.length === 0 || (spec.target !== undefined && targets.length === 0)) return undefined;
  return {
    id: `chaos-mesh/${uid}`,
    source: { pods: sources },
    target: spec.target === undefined ? {} : { pods: targets },
    direction: spec.direction ?? 'to',
    effect: planEffects(spec),
  };
}

/** Throws what Drillhouse's wires cannot do. Correlations are taken as 0. */
export function planEffects(spec: NetworkChaosSpec): WireEffect {
  if ((spec.externalTargets ?? []).length > 0)
    throw new ChaosRefusal('externalTargets cannot be served: no pod here reaches anything outside');
  if (spec.target === undefined && (spec.direction ?? 'to') !== 'to')
    throw new ChaosRefusal(`direction ${spec.direction ?? ''} needs a target`);
  switch (spec.action) {
    case 'partition':
      return { kind: 'partition' };
    case 'delay': {
      const { latency, jitter = '0ms', reorder } = required(spec.delay, 'delay');
      if (reorder !== undefined) throw new ChaosRefusal('delay.reorder is not served');
      return { kind: 'latency', ms: durationMs(latency, 'latency'), jitterMs: durationMs(jitter, 'jitter') };
    }
    case 'loss':
      return { kind: 'loss', probability: shareOf(required(spec.loss, 'loss').loss, 'loss') };
    case 'bandwidth':
      return { kind: 'bandwidth', bytesPerSecond: bytesPerSecond(required(spec.bandwidth, 'bandwidth').rate) };
    case 'rate':
      return { kind: 'bandwidth', bytesPerSecond: bytesPerSecond(required(spec.rate, 'rate').rate) };
    case 'netem':
    case 'duplicate':
    case 'corrupt':
      throw new ChaosRefusal(`action ${spec.action} is not served; delay, loss, partition, bandwidth and rate are`);
  }
}

function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw new ChaosRefusal(`spec.${field} is required`);
  return value;
}

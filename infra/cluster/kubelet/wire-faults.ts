import type { WireEffect, WireRule } from '../../runtime/runtime.ts';
import type { LabelSelector, Pod } from '../meta/generated/types.ts';
import { labelSelectorMatches } from '../meta/selectors.ts';

/** Something wrong on the wire between two groups of pods, whoever is in them at the time. */
export interface WireFault {
  /** A fault with the same id replaces the earlier one. */
  readonly id: string;
  readonly source: WirePeer;
  readonly target: WirePeer;
  /** Which packets suffer, as seen from the source: those it sends, those it receives, or both. */
  readonly direction: 'to' | 'from' | 'both';
  /** TCP port at either end; absent means all traffic. */
  readonly port?: number;
  readonly effect: WireEffect;
}

/** Pods of these namespaces that the selector finds; absent `namespaces` mean all of them, an absent selector every pod. `pods` name them instead. */
export interface WirePeer {
  readonly namespaces?: readonly string[];
  readonly podSelector?: LabelSelector;
  /** `namespace/name`. */
  readonly pods?: readonly string[];
}

/** What each pod's sent packets suffer, by uid, in the order of the faults. Pods without an address suffer nothing yet. */
export function planWireFaults(faults: readonly WireFault[], pods: readonly Pod[]): ReadonlyMap<string, readonly WireRule[]> {
  const rules = new Map<string, WireRule[]>();
  const add = (fault: WireFault, senders: WirePeer, receivers: WirePeer): void => {
    for (const sender of pods.filter((pod) => isPeer(senders, pod))) {
      const to = pods.filter((pod) => pod !== sender && isPeer(receivers, pod)).flatMap(({ status }) => status?.podIP ?? []);
      if (to.length === 0) continue;
      const rule = { to: to.sort(), ...(fault.port === undefined ? {} : { port: fault.port }), effect: fault.effect };
      const uid = sender.metadata.uid ?? '';
      rules.set(uid, [...(rules.get(uid) ?? []), rule]);
    }
  };
  for (const fault of faults) {
    if (fault.direction !== 'from') add(fault, fault.source, fault.target);
    if (fault.direction !== 'to') add(fault, fault.target, fault.source);
  }
  return rules;
}

function isPeer({ namespaces, podSelector = {}, pods }: WirePeer, { metadata }: Pod): boolean {
  if (pods?.includes(`${metadata.namespace ?? ''}/${metadata.name}`) === false) return false;
  const isInNamespace = namespaces === undefined || namespaces.includes(metadata.namespace ?? '');
  return isInNamespace && labelSelectorMatches(podSelector, metadata.labels);
}

import type { PodTraffic, WireEffect } from '../../runtime.ts';
import { allows } from '../../traffic-match.ts';

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/**
 * What becomes of a connection that a pod opens: `silence` is what dropped packets look like. Rates and losses of an open connection are
 * the effects that apply to what the client sends and to what the server sends.
 */
export type Passage =
  { readonly kind: 'silence' } | { readonly kind: 'open'; readonly sent: readonly WireEffect[]; readonly received: readonly WireEffect[] };

/** Decides for one connection. A source that is no pod of the cluster is the node, which nothing holds back. */
export function planPassage(
  traffic: readonly PodTraffic[],
  ipOf: (podUid: string) => string | undefined,
  source: string,
  target: Endpoint,
): Passage {
  const find = (ip: string): PodTraffic | undefined => traffic.find(({ podUid }) => ipOf(podUid) === ip);
  const [sender, receiver] = [find(source), find(target.ip)];
  const isPod = sender !== undefined || receiver?.faults.some(({ to }) => to.includes(source)) === true || isPodAddress(source, target.ip);
  if (!isPod || source === target.ip) return { kind: 'open', sent: [], received: [] };
  const sent = effectsOn(sender, target.ip, target.port);
  const received = effectsOn(receiver, source, target.port);
  const isCut = [...sent, ...received].some(({ kind }) => kind === 'partition');
  if (isCut || !allows(sender?.egress, target) || !allows(receiver?.ingress, { ip: source, port: target.port })) return { kind: 'silence' };
  return { kind: 'open', sent, received };
}

/** Pods of one cluster share a /24, see address-blocks. */
function isPodAddress(source: string, pod: string): boolean {
  return source.split('.').slice(0, 3).join('.') === pod.split('.').slice(0, 3).join('.');
}

function effectsOn(pod: PodTraffic | undefined, to: string, port: number): WireEffect[] {
  return (pod?.faults ?? []).filter((rule) => rule.to.includes(to) && (rule.port ?? port) === port).map(({ effect }) => effect);
}

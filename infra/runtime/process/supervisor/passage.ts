import type { PodTraffic, WireEffect } from '../../runtime.ts';
import { allows } from '../../traffic-match.ts';
import type { PodWire } from '../shim/pod-wire.ts';

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/**
 * What becomes of a connection that a pod opens: `silence` is what dropped packets look like. Rates and losses of an open connection are
 * the effects that apply to what the client sends and to what the server sends.
 */
export type Passage = { readonly kind: 'silence' } | ({ readonly kind: 'open' } & WireEffects);

/** What becomes of the bytes of one connection: of those that its client sends, and of those that it receives. */
export interface WireEffects {
  readonly sent: readonly WireEffect[];
  readonly received: readonly WireEffect[];
}

type AddressOf = (podUid: string) => string | undefined;

/** Decides for one connection. A source that is no pod of the cluster is the node, which nothing holds back. */
export function planPassage(traffic: readonly PodTraffic[], ipOf: AddressOf, source: string, target: Endpoint): Passage {
  const [sender, receiver] = [source, target.ip].map((ip) => findPod(traffic, ipOf, ip));
  const isPod = sender !== undefined || receiver?.faults.some(({ to }) => to.includes(source)) === true || isPodAddress(source, target.ip);
  if (!isPod || source === target.ip) return { kind: 'open', sent: [], received: [] };
  const { sent, received } = planEffects(traffic, ipOf, source, target);
  const isCut = [...sent, ...received].some(({ kind }) => kind === 'partition');
  if (isCut || !allows(sender?.egress, target) || !allows(receiver?.ingress, { ip: source, port: target.port })) return { kind: 'silence' };
  return { kind: 'open', sent, received };
}

/** The faults alone, which hold for connections that are established too, as policies do not. */
export function planEffects(traffic: readonly PodTraffic[], ipOf: AddressOf, source: string, target: Endpoint): WireEffects {
  return {
    sent: effectsOn(findPod(traffic, ipOf, source), target.ip, target.port),
    received: effectsOn(findPod(traffic, ipOf, target.ip), source, target.port),
  };
}

function findPod(traffic: readonly PodTraffic[], ipOf: AddressOf, ip: string): PodTraffic | undefined {
  return traffic.find(({ podUid }) => ipOf(podUid) === ip);
}

/** What the pod's programs are told; undefined where nothing in the cluster is held back. */
export function planPodWire(
  traffic: readonly PodTraffic[],
  ipOf: AddressOf,
  pod: { readonly podUid: string; readonly ip: string },
  way: Pick<PodWire, 'door' | 'podPrefix'>,
): PodWire | undefined {
  if (!traffic.some(isHolding)) return undefined;
  const own = traffic.find(({ podUid }) => podUid === pod.podUid);
  const cuts = traffic.flatMap((other) => {
    const sender = ipOf(other.podUid);
    return other.faults
      .filter(({ effect }) => effect.kind === 'partition')
      .flatMap(({ to, port }) => {
        const ips = other === own ? to : to.includes(pod.ip) && sender !== undefined ? [sender] : [];
        return ips.map((ip) => ({ ip, ...(port === undefined ? {} : { port }) }));
      });
  });
  return { ...way, ...(own?.ingress === undefined ? {} : { ingress: own.ingress }), cuts };
}

function isHolding({ ingress, egress, faults }: PodTraffic): boolean {
  return ingress !== undefined || egress !== undefined || faults.length > 0;
}

/** Pods of one cluster share a /24, see address-blocks. */
function isPodAddress(source: string, pod: string): boolean {
  return source.split('.').slice(0, 3).join('.') === pod.split('.').slice(0, 3).join('.');
}

function effectsOn(pod: PodTraffic | undefined, to: string, port: number): WireEffect[] {
  return (pod?.faults ?? []).filter((rule) => rule.to.includes(to) && (rule.port ?? port) === port).map(({ effect }) => effect);
}

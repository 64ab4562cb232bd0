import { readFileSync } from 'node:fs';
import type { TrafficRule } from '../../runtime.ts';
import { allows } from '../../traffic-match.ts';

/** What a pod's Node programs are told of the traffic between pods. Without one of these nothing is held back anywhere. */
export interface PodWire {
  /** Where to ask for the way to another pod, see `WireDoor`. */
  readonly door: { readonly host: string; readonly port: number };
  /** What the addresses of all pods of the cluster begin with, e.g. `127.9.4.`. */
  readonly podPrefix: string;
  /** Whom the pod lets in; absent while nothing isolates it. */
  readonly ingress?: readonly TrafficRule[];
  /** Pods that a partition stands between, on all ports or on one. */
  readonly cuts: readonly { readonly ip: string; readonly port?: number }[];
}

/** Written by the supervisor whenever the traffic changes, each time as a new file under the same name. */
export function readPodWire(file: string): PodWire | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PodWire;
  } catch {
    return undefined;
  }
}

/** Whether a connection from `source` to a port of the pod `self` comes through. Whoever is no other pod is the node, which nothing holds back. */
export function admits({ podPrefix, ingress, cuts }: PodWire, self: string, source: string, port: number): boolean {
  if (source === self || !source.startsWith(podPrefix)) return true;
  if (cuts.some((cut) => cut.ip === source && (cut.port ?? port) === port)) return false;
  return allows(ingress, { ip: source, port });
}

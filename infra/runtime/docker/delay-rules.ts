import type { PodTraffic, WireEffect } from '../runtime.ts';

type Latency = WireEffect & { readonly kind: 'latency' };

/** What one pod sends arrives late. */
export interface IncomingDelay {
  readonly from: string;
  /** TCP port at either end; absent means all traffic. */
  readonly port?: number;
  readonly effect: Latency;
}

/** What holds a pod's packets back: which ones, and each queue's times. Both empty where nothing is delayed. */
export interface DelayPlan {
  /** For `iptables-restore`, which replaces the whole table with it. */
  readonly rules: string;
  /** Arguments for the pause image's `delay-packets`: `<queue>:<latency ms>:<jitter ms>`. */
  readonly queues: string;
}

/** Queues that one pod may have: each is memory in the kernel. */
const MAX_QUEUES = 64;

/** The latencies on the way to one pod, from what other pods' traffic says of their own sending. */
export function delaysTo(
  ip: string,
  traffic: Iterable<PodTraffic>,
  ipOf: (podUid: string) => string | undefined,
): readonly IncomingDelay[] {
  return [...traffic].flatMap(({ podUid, faults }) => {
    const from = ipOf(podUid);
    return faults.flatMap(({ to, port, effect }) => {
      if (effect.kind !== 'latency' || from === undefined || !to.includes(ip)) return [];
      return [{ from, effect, ...(port === undefined ? {} : { port }) }];
    });
  });
}

/**
 * Holds packets back where they arrive: on their way out they would still count against their socket, and the kernel would send a few
 * of them a round trip only. They wait in netfilter queues before a reply gets its ClusterIP back; one that several faults slow waits
 * for the first of them. While nobody serves a queue, as for a moment when it is made, packets pass.
 */
export function planDelays(delays: readonly IncomingDelay[]): DelayPlan {
  const queues: string[] = [];
  const rules = delays.flatMap(({ from, port, effect }) => {
    const times = `${clampMs(effect.ms)}:${clampMs(effect.jitterMs)}`;
    if (!queues.includes(times) && queues.length < MAX_QUEUES) queues.push(times);
    const target = `-j NFQUEUE --queue-num ${queues.indexOf(times)} --queue-bypass`;
    const ends = port === undefined ? [''] : ['--dport', '--sport'].map((end) => ` -p tcp ${end} ${port}`);
    return queues.includes(times) ? ends.map((end) => `-A PREROUTING -s ${from}${end} ${target}`) : [];
  });
  return {
    rules: `*mangle\n${rules.map((rule) => `${rule}\n`).join('')}COMMIT\n`,
    queues: queues.map((times, queue) => `${queue}:${times}`).join(' '),
  };
}

const MAX_DELAY_MS = 60_000;

function clampMs(ms: number): number {
  return Math.round(Math.min(MAX_DELAY_MS, Math.max(0, ms)));
}

import type { Pod } from '../meta/generated/types.ts';
import type { KubeletEndpoint } from '../meta/kubelet-endpoint.ts';
import type { PodUsage } from './autoscale-plan.ts';

/** Pods whose last reading is kept; the longest unread goes first. */
const MAX_SAMPLED_PODS = 1_000;

interface Sample {
  readonly atMs: number;
  readonly cpuNanoseconds: number;
}

/** Makes rates of what the kubelet counts: two readings of a container make its use of cpu. Forgets the pods that it was not asked about for longest. */
export class UsageMeter {
  readonly #kubelet: Pick<KubeletEndpoint, 'stats'>;
  readonly #samples = new Map<string, ReadonlyMap<string, Sample>>();

  constructor(kubelet: Pick<KubeletEndpoint, 'stats'>) {
    this.#kubelet = kubelet;
  }

  async read({ metadata }: Pod): Promise<PodUsage | undefined> {
    const { namespace = '', name, uid = '' } = metadata;
    const readings = await this.#kubelet.stats({ namespace, name, uid });
    const before = this.#samples.get(uid);
    this.#remember(
      uid,
      new Map(readings.map(({ container, stats }) => [container, { atMs: stats.at.getTime(), cpuNanoseconds: stats.cpuNanoseconds }])),
    );
    if (before === undefined || readings.length === 0) return undefined;
    // What has been looked at once only is not idle: its usage is not known yet.
    if (readings.some(({ container }) => !before.has(container))) return undefined;
    const usage = new Map<string, { cpu: bigint; memory: bigint }>();
    for (const { container, stats } of readings) {
      const last = before.get(container);
      const elapsedMs = last === undefined ? 0 : stats.at.getTime() - last.atMs;
      const spentNs = last === undefined ? 0 : stats.cpuNanoseconds - last.cpuNanoseconds;
      // A container that began anew counts from nothing.
      const cpu = elapsedMs <= 0 || spentNs < 0 ? 0n : BigInt(Math.round((spentNs * 1000) / elapsedMs));
      usage.set(container, { cpu, memory: BigInt(stats.memoryWorkingSetBytes) * 1_000_000_000n });
    }
    return usage;
  }

  #remember(uid: string, samples: ReadonlyMap<string, Sample>): void {
    this.#samples.delete(uid);
    this.#samples.set(uid, samples);
    if (this.#samples.size <= MAX_SAMPLED_PODS) return;
    for (const oldest of this.#samples.keys()) {
      this.#samples.delete(oldest);
      return;
    }
  }
}

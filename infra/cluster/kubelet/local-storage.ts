import type { Clock } from '../meta/clock.ts';
import type { Pod } from '../meta/generated/types.ts';
import { addQuantities, formatQuantity, parseQuantity, quantityUnits, zeroQuantity, type Quantity } from '../meta/quantity.ts';
import { containersOf, podSpec } from './pod-state.ts';
import { folderBytes } from './volumes/folder-usage.ts';
import type { VolumePlace } from './volumes/pod-volumes.ts';

/** How often Kubernetes' eviction manager looks at the disk. */
const INTERVAL_MS = 10_000;

/** Watches what one pod keeps on its node's disk, where it declares a limit. */
export class LocalStorageGuard {
  readonly #clock: Clock;
  #dueMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#dueMs = clock.now() + INTERVAL_MS;
  }

  /** When to look next; Infinity for a pod without limits. */
  dueMs(pod: Pod): number {
    return limitedVolumes(pod).length === 0 ? Infinity : this.#dueMs;
  }

  /** Why the pod must go, once it is found to be over a limit; looks only when that is due. */
  async excess(pod: Pod, places: ReadonlyMap<string, VolumePlace>): Promise<string | undefined> {
    if (this.#clock.now() < this.dueMs(pod)) return undefined;
    const usedBytes = new Map<string, number>();
    for (const name of limitedVolumes(pod)) {
      const place = places.get(name);
      if (place !== undefined) usedBytes.set(name, await folderBytes(place.hostPath));
    }
    this.#dueMs = this.#clock.now() + INTERVAL_MS;
    return planEviction(pod, usedBytes);
  }
}

/** The emptyDirs that count against a limit: their own, or that of all containers together. */
function limitedVolumes(pod: Pod): readonly string[] {
  const isPodLimited = podLimit(pod) !== undefined;
  return (podSpec(pod).volumes ?? [])
    .filter(({ emptyDir }) => emptyDir !== undefined && (isPodLimited || emptyDir.sizeLimit !== undefined))
    .map(({ name }) => name);
}

/**
 * Why a pod that uses so much, in bytes by volume, is evicted, in the words of Kubernetes' eviction manager (whose messages end in a
 * space). Containers' own layers and logs do not count, as the runtime bounds them itself.
 */
export function planEviction(pod: Pod, usedBytes: ReadonlyMap<string, number>): string | undefined {
  for (const { name, emptyDir } of podSpec(pod).volumes ?? []) {
    const { sizeLimit } = emptyDir ?? {};
    if (sizeLimit === undefined || quantityUnits(sizeLimit) <= 0) continue;
    if ((usedBytes.get(name) ?? 0) > quantityUnits(sizeLimit))
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${sizeLimit}". `;
  }
  const limit = podLimit(pod);
  const onDisk = (podSpec(pod).volumes ?? []).filter(({ emptyDir }) => emptyDir !== undefined && emptyDir.medium !== 'Memory');
  const total = onDisk.reduce((sum, { name }) => sum + (usedBytes.get(name) ?? 0), 0);
  if (limit === undefined || total <= quantityUnits(formatQuantity(limit))) return undefined;
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${formatQuantity(limit)}. `;
}

/** What the containers may keep on the disk together; undefined unless each of them says so. */
function podLimit(pod: Pod): Quantity | undefined {
  let total = zeroQuantity;
  for (const { role, container } of containersOf(pod)) {
    if (role !== 'main' && role !== 'sidecar') continue;
    const limit = container.resources?.limits?.['ephemeral-storage'];
    if (limit === undefined) return undefined;
    total = addQuantities(total, parseQuantity(limit));
  }
  return total;
}

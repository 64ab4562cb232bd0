import type { Pod } from '../meta/generated/types.ts';
import { podResourceAmounts } from '../meta/pod-status.ts';
import { podSpec } from './pod-state.ts';

const NANO_PER_UNIT = 1_000_000_000n;

/**
 * A node's devices, such as GPUs, and which pods hold them. They are counted by what the node has and not by what its status says, which others can write: a
 * pod that was scheduled on a device that is not there is rejected, as by the kubelet's device manager. Extended resources that only the status knows are
 * nobody's devices, and are left to the scheduler.
 */
export class NodeDevices {
  readonly #counts: ReadonlyMap<string, bigint>;
  readonly #held = new Map<string, ReadonlyMap<string, bigint>>();
  readonly #onShort: () => void;

  /** `onShort`: somebody believes that the node has more than it has. */
  constructor(counts: Readonly<Record<string, number>>, onShort: () => void) {
    this.#counts = new Map(Object.entries(counts).map(([name, count]) => [name, BigInt(count)]));
    this.#onShort = onShort;
  }

  /** Gives a pod what it asks for, or answers in the kubelet's words why not. A pod that holds its devices keeps them. */
  claim(pod: Pod): string | undefined {
    const { uid = '' } = pod.metadata;
    if (this.#held.has(uid)) return undefined;
    const wanted = this.#devicesOf(pod);
    for (const [name, count] of wanted) {
      const available = (this.#counts.get(name) ?? 0n) - this.#heldOf(name);
      if (count <= available) continue;
      this.#onShort();
      return `Allocate failed due to requested number of devices unavailable for ${name}. Requested: ${count}, Available: ${available < 0n ? 0n : available}, which is unexpected`;
    }
    this.hold(pod);
    return undefined;
  }

  /** For a pod that runs with them already. */
  hold(pod: Pod): void {
    const wanted = this.#devicesOf(pod);
    if (wanted.size > 0) this.#held.set(pod.metadata.uid ?? '', wanted);
  }

  release(podUid: string): void {
    this.#held.delete(podUid);
  }

  #heldOf(name: string): bigint {
    return [...this.#held.values()].reduce((sum, devices) => sum + (devices.get(name) ?? 0n), 0n);
  }

  #devicesOf(pod: Pod): ReadonlyMap<string, bigint> {
    const amounts = Object.entries(podResourceAmounts(podSpec(pod), 'requests'));
    const devices = amounts.filter(([name, { nano }]) => this.#counts.has(name) && nano > 0n);
    return new Map(devices.map(([name, { nano }]) => [name, nano / NANO_PER_UNIT]));
  }
}

import { createHash } from 'node:crypto';

export const BLOCK_TOKENS = 16;

/** One sequence's share of the cache. */
export interface KvLease {
  /** Tokens of the prompt found in the prefix cache, a multiple of the block size. */
  readonly cachedTokens: number;
  blocks: number;
  readonly prefixHashes: readonly string[];
}

/**
 * Counts blocks of 16 tokens as vLLM's block manager does: full prompt blocks are kept by the hash of everything before them after
 * their sequence ends, evicted oldest first, and shared while in use.
 */
export class KvCache {
  readonly totalBlocks: number;
  /** Full prompt blocks by hash: how many sequences use each; insertion order is eviction order among the unused. */
  readonly #shared = new Map<string, number>();
  #privateBlocks = 0;
  queriedTokens = 0;
  hitTokens = 0;

  constructor(totalBlocks: number) {
    this.totalBlocks = totalBlocks;
  }

  /** Share of blocks that running sequences hold, 0 to 1; what is only cached counts as free, as in vLLM. */
  get usage(): number {
    return this.totalBlocks === 0 ? 0 : (this.#privateBlocks + this.#sharedInUse()) / this.totalBlocks;
  }

  /** Takes the blocks a prompt needs, or undefined when they are not free. */
  lease(promptTokens: readonly string[], count = true): KvLease | undefined {
    const hashes = prefixHashes(promptTokens);
    let hits = 0;
    while (hits < hashes.length && this.#shared.has(hashes[hits] ?? '')) hits += 1;
    const blocks = Math.floor(promptTokens.length / BLOCK_TOKENS) + 1;
    const reusedIdle = hashes.slice(0, hits).filter((hash) => this.#shared.get(hash) === 0).length;
    if (!this.#makeRoom(blocks - hits + reusedIdle, new Set(hashes.slice(0, hits)))) return undefined;
    for (const hash of hashes) this.#retain(hash);
    this.#privateBlocks += blocks - hashes.length;
    // The last token is always computed, so that there is something to sample from.
    const cachedTokens = Math.min(hits * BLOCK_TOKENS, Math.max(promptTokens.length - 1, 0));
    if (count) {
      this.queriedTokens += promptTokens.length;
      this.hitTokens += cachedTokens;
    }
    return { cachedTokens, blocks, prefixHashes: hashes };
  }

  /** Takes one more block for a growing sequence; false when none is free. */
  grow(lease: KvLease): boolean {
    if (!this.#makeRoom(1, new Set())) return false;
    this.#privateBlocks += 1;
    lease.blocks += 1;
    return true;
  }

  release(lease: KvLease): void {
    this.#privateBlocks -= lease.blocks - lease.prefixHashes.length;
    for (const hash of lease.prefixHashes) {
      const users = (this.#shared.get(hash) ?? 1) - 1;
      this.#shared.delete(hash);
      this.#shared.set(hash, users);
    }
  }

  #retain(hash: string): void {
    this.#shared.set(hash, (this.#shared.get(hash) ?? 0) + 1);
  }

  #sharedInUse(): number {
    let count = 0;
    for (const users of this.#shared.values()) if (users > 0) count += 1;
    return count;
  }

  #makeRoom(blocks: number, keep: ReadonlySet<string>): boolean {
    const inUse = this.#privateBlocks + this.#sharedInUse();
    if (inUse + blocks > this.totalBlocks) return false;
    let free = this.totalBlocks - this.#privateBlocks - this.#shared.size;
    for (const [hash, users] of this.#shared) {
      if (free >= blocks) break;
      if (users > 0 || keep.has(hash)) continue;
      this.#shared.delete(hash);
      free += 1;
    }
    return true;
  }
}

/** A hash a full block that covers all tokens up to its end. */
function prefixHashes(tokens: readonly string[]): string[] {
  const hashes: string[] = [];
  let previous = '';
  for (let start = 0; start + BLOCK_TOKENS <= tokens.length; start += BLOCK_TOKENS) {
    previous = createHash('sha1')
      .update(previous)
      .update(tokens.slice(start, start + BLOCK_TOKENS).join('\u0000'))
      .digest('base64');
    hashes.push(previous);
  }
  return hashes;
}

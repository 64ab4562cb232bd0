import { createHash } from 'node:crypto';
import type { Clock } from '../../cluster/meta/clock.ts';

/** Both vendors cache no shorter prefix. */
export const LEAST_CACHED_TOKENS = 1_024;
/** Both vendors keep an unused prefix for about five minutes. */
const KEPT_MS = 5 * 60_000;
const MAX_ENTRIES = 20_000;

/** Which prompts were seen lately, by the hash of their prefixes. Organizations do not share. */
export class PromptCache {
  readonly #clock: Clock;
  /** Hash of a prefix to when it lapses; the least lately used come first. */
  readonly #lapsesAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * How many of the tokens were cached, which is one of `boundaries` (ascending) or 0. Every boundary is cached from here on.
   * Boundaries below the least length count for nothing.
   */
  use(owner: string, tokens: readonly string[], boundaries: readonly number[]): number {
    let hit = 0;
    for (const [boundary, hash] of prefixHashes(owner, tokens, boundaries)) {
      if ((this.#lapsesAtMs.get(hash) ?? 0) > this.#clock.now()) hit = boundary;
      this.#keep(hash);
    }
    return hit;
  }

  #keep(hash: string): void {
    this.#lapsesAtMs.delete(hash);
    this.#lapsesAtMs.set(hash, this.#clock.now() + KEPT_MS);
    const [oldest] = this.#lapsesAtMs.keys();
    if (this.#lapsesAtMs.size > MAX_ENTRIES && oldest !== undefined) this.#lapsesAtMs.delete(oldest);
  }
}

function prefixHashes(owner: string, tokens: readonly string[], boundaries: readonly number[]): readonly (readonly [number, string])[] {
  const hash = createHash('sha256').update(owner);
  let done = 0;
  return boundaries
    .filter((boundary) => boundary >= LEAST_CACHED_TOKENS && boundary <= tokens.length)
    .map((boundary) => {
      hash.update(`\0${tokens.slice(done, boundary).join('\0')}`);
      done = boundary;
      return [boundary, hash.copy().digest('hex')] as const;
    });
}

/** Alpha caches by itself, in steps of 128 tokens. */
export function automaticBoundaries(tokenCount: number): readonly number[] {
  const steps = Math.floor((tokenCount - LEAST_CACHED_TOKENS) / 128) + 1;
  return Array.from({ length: Math.max(0, steps) }, (_, index) => LEAST_CACHED_TOKENS + index * 128);
}

import type { Clock } from '../../cluster/meta/clock.ts';
import { hashFraction } from './random.ts';
import { BLOCK_TOKENS, KvCache, type KvLease } from './kv-cache.ts';
import type { SpeedProfile } from './models.ts';

export interface EngineOptions {
  readonly speed: SpeedProfile;
  /** A release's factor on both phases. */
  readonly slowdown: number;
  readonly maxNumSeqs: number;
  readonly maxQueued: number;
  readonly kvBlocks: number;
  readonly enablePrefixCaching: boolean;
  readonly seed: number;
  readonly observe: EngineObserver;
  readonly clock: Clock;
}

/** Where measurements go; times in seconds, as the metrics have them. */
export interface EngineObserver {
  firstToken(seconds: number): void;
  interToken(seconds: number): void;
  finished(timing: SequenceTiming, reason: FinishReason): void;
  preempted(): void;
}

export interface SequenceTiming {
  readonly queueSeconds: number;
  readonly prefillSeconds: number;
  readonly decodeSeconds: number;
  readonly totalSeconds: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

export type FinishReason = 'stop' | 'length' | 'abort';

export interface SequenceRequest {
  readonly promptTokens: readonly string[];
  /** What the model will say, token by token; already cut to the caller's limit. */
  readonly outputTokens: readonly string[];
  readonly finishReason: 'stop' | 'length';
  readonly signal: AbortSignal;
  readonly onToken: (token: string) => void;
}

export class QueueFullError extends Error {}

interface Sequence {
  readonly request: SequenceRequest;
  readonly arrivedAt: number;
  readonly resolve: (reason: FinishReason) => void;
  lease: KvLease | undefined;
  scheduledAt: number;
  /** When prefill ends and the first token comes. */
  prefillEndsAt: number;
  firstTokenAt: number;
  lastTokenAt: number;
  emitted: number;
}

/** Jitter of a step, as a share to either side. */
const JITTER = 0.1;
/** Steps that a late timer makes up for at once: timers are whole milliseconds and late, tokens of fast devices come in parts of one. */
const MAX_STEPS_AT_ONCE = 32;

/**
 * Continuous batching in real time: each step decodes one token for every running sequence; waiting ones join as soon as a place and their
 * cache blocks are free. A sequence that cannot grow its cache preempts the youngest, which starts over with what it had generated.
 */
export class Engine {
  readonly cache: KvCache;
  readonly #options: EngineOptions;
  readonly #waiting: Sequence[] = [];
  #running: Sequence[] = [];
  #timer: Disposable | undefined;
  #steps = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.cache = new KvCache(options.kvBlocks);
  }

  get running(): number {
    return this.#running.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when the last token is out or the signal aborted. Throws QueueFullError when the queue is at its limit. */
  submit(request: SequenceRequest): Promise<FinishReason> {
    if (this.#waiting.length >= this.#options.maxQueued) throw new QueueFullError();
    const now = this.#options.clock.now();
    return new Promise((resolve) => {
      this.#waiting.push({
        request,
        arrivedAt: now,
        resolve,
        lease: undefined,
        scheduledAt: now,
        prefillEndsAt: now,
        firstTokenAt: 0,
        lastTokenAt: 0,
        emitted: 0,
      });
      if (this.#timer === undefined) this.#schedule(0);
    });
  }

  #schedule(delayMs: number): void {
    const { clock } = this.#options;
    const dueAt = clock.now() + delayMs;
    this.#timer = clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#catchUp(dueAt);
    });
  }

  /** Steps happen at their own times, however late the timer is; an engine that is hopelessly behind goes on from now. */
  #catchUp(dueAt: number): void {
    let nextAt = dueAt;
    for (let steps = 0; steps < MAX_STEPS_AT_ONCE && nextAt <= this.#options.clock.now(); steps += 1) {
      this.#step(nextAt);
      if (this.#running.length + this.#waiting.length === 0) return;
      nextAt += this.#stepMs();
    }
    this.#schedule(Math.max(0, nextAt - this.#options.clock.now()));
  }

  #stepMs(): number {
    const { speed, slowdown, seed } = this.#options;
    this.#steps += 1;
    const jitter = 1 + JITTER * (2 * hashFraction('step', String(seed), String(this.#steps)) - 1);
    return speed.interTokenMs * slowdown * this.#loadFactor() * jitter;
  }

  #loadFactor(): number {
    return 1 + this.#options.speed.slowdownPerSequence * Math.max(0, this.#running.length - 1);
  }

  #step(now: number): void {
    this.#dropAborted(now);
    this.#admit(now);
    for (const sequence of [...this.#running]) {
      if (sequence.prefillEndsAt > now || !this.#running.includes(sequence)) continue;
      if (this.#needsBlock(sequence) && !this.#growOrPreempt(sequence)) continue;
      this.#emit(sequence, now);
    }
  }

  #dropAborted(now: number): void {
    const isAborted = (sequence: Sequence): boolean => sequence.request.signal.aborted;
    for (const sequence of this.#running.filter(isAborted)) this.#finish(sequence, 'abort', now);
    for (const sequence of this.#waiting.filter(isAborted)) {
      this.#waiting.splice(this.#waiting.indexOf(sequence), 1);
      this.#finish(sequence, 'abort', now);
    }
  }

  #admit(now: number): void {
    while (this.#running.length < this.#options.maxNumSeqs) {
      const sequence = this.#waiting[0];
      if (sequence === undefined) return;
      // A preempted sequence computes its own output again, as recomputation does.
      const tokens =
        sequence.emitted === 0
          ? sequence.request.promptTokens
          : [...sequence.request.promptTokens, ...sequence.request.outputTokens.slice(0, sequence.emitted)];
      const lease = this.cache.lease(this.#options.enablePrefixCaching ? tokens : uncachable(tokens), this.#options.enablePrefixCaching);
      if (lease === undefined) return;
      this.#waiting.shift();
      sequence.lease = lease;
      const { speed, slowdown } = this.#options;
      if (sequence.emitted === 0) sequence.scheduledAt = now;
      sequence.prefillEndsAt =
        now + (speed.prefillOverheadMs + (tokens.length - lease.cachedTokens) * speed.prefillMsPerToken) * slowdown * this.#loadFactor();
      this.#running.push(sequence);
    }
  }

  #needsBlock(sequence: Sequence): boolean {
    const tokens = sequence.request.promptTokens.length + sequence.emitted;
    return sequence.lease !== undefined && tokens >= sequence.lease.blocks * BLOCK_TOKENS;
  }

  #growOrPreempt(sequence: Sequence): boolean {
    while (sequence.lease !== undefined && !this.cache.grow(sequence.lease)) {
      const youngest = this.#running.at(-1);
      if (youngest === undefined) return false;
      this.#preempt(youngest);
      if (youngest === sequence) return false;
    }
    return true;
  }

  #preempt(sequence: Sequence): void {
    this.#running = this.#running.filter((other) => other !== sequence);
    if (sequence.lease !== undefined) this.cache.release(sequence.lease);
    sequence.lease = undefined;
    this.#waiting.unshift(sequence);
    this.#options.observe.preempted();
  }

  #emit(sequence: Sequence, now: number): void {
    const { observe } = this.#options;
    const token = sequence.request.outputTokens[sequence.emitted];
    if (token !== undefined) {
      if (sequence.emitted === 0) {
        sequence.firstTokenAt = now;
        observe.firstToken((now - sequence.arrivedAt) / 1000);
      } else {
        observe.interToken((now - sequence.lastTokenAt) / 1000);
      }
      sequence.lastTokenAt = now;
      sequence.emitted += 1;
      sequence.request.onToken(token);
    }
    if (sequence.emitted >= sequence.request.outputTokens.length) this.#finish(sequence, sequence.request.finishReason, now);
  }

  #finish(sequence: Sequence, reason: FinishReason, now: number): void {
    this.#running = this.#running.filter((other) => other !== sequence);
    if (sequence.lease !== undefined) this.cache.release(sequence.lease);
    const firstTokenAt = sequence.firstTokenAt === 0 ? now : sequence.firstTokenAt;
    this.#options.observe.finished(
      {
        queueSeconds: (sequence.scheduledAt - sequence.arrivedAt) / 1000,
        prefillSeconds: (firstTokenAt - sequence.scheduledAt) / 1000,
        decodeSeconds: (now - firstTokenAt) / 1000,
        totalSeconds: (now - sequence.arrivedAt) / 1000,
        promptTokens: sequence.request.promptTokens.length,
        generatedTokens: sequence.emitted,
      },
      reason,
    );
    sequence.resolve(reason);
  }
}

let uncachableCount = 0;

/** The same number of tokens under a name that no other prompt shares. */
function uncachable(tokens: readonly string[]): readonly string[] {
  uncachableCount += 1;
  return tokens.map((_, index) => `${uncachableCount}:${index}`);
}

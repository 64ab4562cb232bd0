import { createHash, randomBytes } from 'node:crypto';
import type { Logger } from '../log.ts';
import { opening } from '../lifetime.ts';
import { RedisBus } from './redis-bus.ts';
import { RedisLeases } from './redis-leases.ts';
import { RedisLink } from './redis-link.ts';
import type { Replicas } from './replicas.ts';
import { Seal } from './seal.ts';

export interface ReplicaTiming {
  readonly beatEveryMs: number;
  /** How long a replica counts as alive after its last heartbeat. What a dead one held is taken over after that. */
  readonly livesMs: number;
  readonly answerWithinMs: number;
}

export const replicaTiming: ReplicaTiming = { beatEveryMs: 2_000, livesMs: 6_000, answerWithinMs: 10_000 };

export interface RedisReplicasOptions {
  readonly url: string;
  /** The installation's own: only servers of one database are replicas of each other, also where several installations share a Redis. */
  readonly secret: string;
  readonly log: Logger;
  readonly timing?: ReplicaTiming;
}

/** This server among the others of the same database. Throws RedisError when Redis does not answer. */
export function openRedisReplicas(options: RedisReplicasOptions): Promise<RedisReplicas> {
  return opening(async (lifetime) => {
    const { url, log, timing = replicaTiming } = options;
    const link = lifetime.use(await RedisLink.open({ url, log, patienceMs: timing.livesMs / 2 }));
    const replicas = new RedisReplicas(options, link, timing);
    await replicas.begin();
    return replicas;
  });
}

/** The name of the installation in Redis; it tells nothing about the secret. */
function prefixOf(secret: string): string {
  const digest = createHash('sha256').update(`drillhouse prefix:${secret}`).digest('hex');
  // In braces, so that all keys are in one slot of a Redis cluster.
  return `{drillhouse:${digest.slice(0, 16)}}`;
}

/** The bus, the leases and the heartbeat that keeps both honest. */
export class RedisReplicas implements Replicas {
  readonly id = `rp-${randomBytes(8).toString('hex')}`;
  readonly several = true;
  readonly bus: RedisBus;
  readonly leases: RedisLeases;
  readonly #link: RedisLink;
  readonly #log: Logger;
  readonly #timing: ReplicaTiming;
  readonly #subscriptions: Disposable[] = [];
  #others: ReadonlySet<string> = new Set();
  /** When this replica last heard itself, by the monotonic clock. */
  #heardMs = performance.now();
  #answeredMs = performance.now();
  /** Until then nobody is called gone: after Redis forgot everything the others need a moment to say that they live. */
  #patientUntilMs = 0;
  #beating: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #inTrouble = false;
  #ended = false;

  constructor({ secret, log }: RedisReplicasOptions, link: RedisLink, timing: ReplicaTiming) {
    const prefix = prefixOf(secret);
    this.#link = link;
    this.#log = log;
    this.#timing = timing;
    this.bus = new RedisBus({
      id: this.id,
      link,
      seal: new Seal(secret, this.id),
      log,
      prefix,
      answerWithinMs: timing.answerWithinMs,
      events: {
        onHeardMyself: () => {
          this.#heardMs = performance.now();
          this.#tellTrouble();
        },
        onFree: (lease) => this.leases.tellFree(lease),
        onLeft: (replicaId) => this.#noteGone([replicaId]),
      },
    });
    this.leases = new RedisLeases({
      id: this.id,
      link,
      log,
      prefix,
      livesMs: timing.livesMs,
      tellFree: (lease) => this.bus.tellFree(lease),
    });
  }

  get trouble(): string | undefined {
    const heard = performance.now() - this.#heardMs < this.#timing.livesMs;
    return this.leases.valid && heard ? undefined : 'Redis, by which the servers find each other, does not answer.';
  }

  async begin(): Promise<void> {
    await this.bus.open();
    const { alive } = await this.leases.beat();
    this.#others = new Set(alive.filter((id) => id !== this.id));
    this.bus.beat();
    this.#subscriptions.push(this.#link.onReady(() => void this.#comeBack()));
    this.#schedule();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    await this.#beating;
    try {
      await this.leases.leave();
      await this.bus.tellLeft();
    } catch (error) {
      this.#log.warn({ err: error }, 'the other servers could not be told that this one stops; they notice in some seconds');
    }
    this.#link[Symbol.dispose]();
  }

  #schedule(): void {
    if (this.#ended) return;
    this.#timer = setTimeout(() => void this.#beat().then(() => this.#schedule()), this.#timing.beatEveryMs);
    this.#timer.unref();
  }

  /** One at a time; whoever asks meanwhile waits for the one that is under way. */
  #beat(): Promise<void> {
    this.#beating ??= this.#beatOnce().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #beatOnce(): Promise<void> {
    const nowMs = performance.now();
    try {
      const { alive, isNew } = await this.leases.beat();
      this.#answeredMs = performance.now();
      if (isNew) this.#patientUntilMs = nowMs + this.#timing.livesMs;
      this.#noteAlive(alive);
      if (isNew) this.#startAnew();
    } catch {
      if (nowMs - this.#answeredMs > this.#timing.livesMs / 2) this.#link.replace(this.#link.sender);
    }
    this.bus.beat();
    if (nowMs - this.#heardMs > this.#timing.livesMs) this.#link.replace(this.#link.hearer);
    this.#tellTrouble();
  }

  /** A connection is back, so others may have missed something, and this replica as well. */
  async #comeBack(): Promise<void> {
    if (this.#ended) return;
    await this.#beating;
    await this.#beat();
    this.bus.tellMissed();
    this.bus.rejoined();
  }

  #startAnew(): void {
    this.bus.tellMissed();
    this.bus.rejoined();
    this.leases.tellFree(undefined);
  }

  #noteAlive(alive: readonly string[]): void {
    const others = new Set(alive.filter((id) => id !== this.id));
    const missing = [...this.#others].filter((id) => !others.has(id));
    const patient = performance.now() < this.#patientUntilMs;
    this.#others = patient ? new Set([...others, ...missing]) : others;
    if (!patient) this.#noteGone(missing);
  }

  #noteGone(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.#others = new Set([...this.#others].filter((id) => !ids.includes(id)));
    for (const id of ids) {
      this.#log.info({ replica: id }, 'another server went');
      this.bus.gone(id);
    }
    this.leases.tellFree(undefined);
  }

  #tellTrouble(): void {
    const { trouble } = this;
    if (this.#ended || (trouble !== undefined) === this.#inTrouble) return;
    this.#inTrouble = trouble !== undefined;
    if (trouble === undefined) this.#log.info('the other servers can be reached again');
    else this.#log.warn({ reason: trouble, lastError: this.#link.lastError }, 'cut off from the other servers');
  }
}

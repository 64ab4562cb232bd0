import { createHash } from 'node:crypto';
import type { Clock } from '../../../cluster/meta/clock.ts';
import { embed } from '../../inference/embedding.ts';
import type { CacheSettings, Operation } from '../config/gateway-config.ts';
import { asObject, asText, type Json } from '../translation/openai-types.ts';
import type { CacheUse } from './cache-control.ts';

/** What makes two requests the same. */
export interface CacheQuestion {
  readonly operation: Operation;
  readonly group: string;
  /** As it goes to the provider: after redaction, so that nobody's data are in the key or the answer. */
  readonly body: Json;
  /** Semantic hits stay within a team: a near question of another team may be about another team's matters. */
  readonly teamId: string | undefined;
}

export interface CacheHit {
  readonly key: string;
  readonly answer: Json;
  /** 1 for an exact hit. */
  readonly similarity: number;
}

interface Entry {
  readonly key: string;
  readonly scope: string;
  readonly vector: readonly number[] | undefined;
  readonly answer: Json;
  readonly sizeChars: number;
  readonly storedAtMs: number;
  readonly expiresAtMs: number;
}

const DIMENSIONS = 256;
const MAX_TOTAL_CHARS = 32 * 1_048_576;
const MAX_ENTRY_CHARS = 1_048_576;
/** Fields that do not change the answer. */
const immaterial = new Set(['stream', 'stream_options', 'user', 'model']);

/** Answers by question, the least recently used going first when there are too many. In semantic mode a near question will do. */
export class AnswerCache {
  readonly #settings: CacheSettings;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #totalChars = 0;

  constructor(settings: CacheSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  covers(operation: Operation): boolean {
    return this.#settings.operations.has(operation);
  }

  find(question: CacheQuestion, { namespace, maxAgeMs }: CacheUse): CacheHit | undefined {
    const key = keyOf(question, namespace);
    const exact = this.#fresh(this.#entries.get(key), maxAgeMs);
    if (exact !== undefined) return this.#use(exact, 1);
    if (!this.#isSemantic(question)) return undefined;
    const scope = scopeOf(question, namespace);
    const vector = embed(textOf(question.body), DIMENSIONS);
    let best: { readonly entry: Entry; readonly similarity: number } | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.scope !== scope || entry.vector === undefined || this.#fresh(entry, maxAgeMs) === undefined) continue;
      const similarity = dot(vector, entry.vector);
      if (similarity >= Math.max(this.#settings.similarityThreshold, best?.similarity ?? 0)) best = { entry, similarity };
    }
    return best === undefined ? undefined : this.#use(best.entry, best.similarity);
  }

  store(question: CacheQuestion, { namespace, ttlMs }: CacheUse, answer: Json): void {
    const sizeChars = JSON.stringify(answer).length;
    if (sizeChars > MAX_ENTRY_CHARS) return;
    const key = keyOf(question, namespace);
    this.#remove(key);
    const nowMs = this.#clock.now();
    this.#entries.set(key, {
      key,
      scope: scopeOf(question, namespace),
      vector: this.#isSemantic(question) ? embed(textOf(question.body), DIMENSIONS) : undefined,
      answer,
      sizeChars,
      storedAtMs: nowMs,
      expiresAtMs: nowMs + ttlMs,
    });
    this.#totalChars += sizeChars;
    while (this.#entries.size > this.#settings.maxEntries || this.#totalChars > MAX_TOTAL_CHARS)
      this.#remove(this.#entries.keys().next().value ?? '');
  }

  clear(): void {
    this.#entries.clear();
    this.#totalChars = 0;
  }

  #isSemantic({ operation }: CacheQuestion): boolean {
    return this.#settings.mode === 'semantic' && operation !== 'embedding';
  }

  #fresh(entry: Entry | undefined, maxAgeMs: number): Entry | undefined {
    if (entry === undefined) return undefined;
    const nowMs = this.#clock.now();
    if (nowMs < entry.expiresAtMs) return nowMs - entry.storedAtMs <= maxAgeMs ? entry : undefined;
    this.#remove(entry.key);
    return undefined;
  }

  #use(entry: Entry, similarity: number): CacheHit {
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    return { key: entry.key, answer: entry.answer, similarity };
  }

  #remove(key: string): void {
    this.#totalChars -= this.#entries.get(key)?.sizeChars ?? 0;
    this.#entries.delete(key);
  }
}

function keyOf({ operation, group, body }: CacheQuestion, namespace: string): string {
  return hashOf([namespace, operation, group, material(body, [])]);
}

/** All that must be equal for a near question to count: everything but the words. */
function scopeOf({ operation, group, body, teamId }: CacheQuestion, namespace: string): string {
  return hashOf([namespace, operation, group, teamId ?? '', material(body, ['messages', 'prompt'])]);
}

function material(body: Json, without: readonly string[]): readonly (readonly [string, unknown])[] {
  return Object.entries(body)
    .filter(([field]) => !immaterial.has(field) && !without.includes(field))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function hashOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function textOf(body: Json): string {
  const messages = Array.isArray(body['messages']) ? body['messages'] : [];
  const texts = messages.map((message) => {
    const content = asObject(message)?.['content'];
    return Array.isArray(content) ? content.map((part) => asText(asObject(part)?.['text'])).join('\n') : asText(content);
  });
  return [...texts, ...[body['prompt'] ?? ''].flat().map(asText)].join('\n');
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

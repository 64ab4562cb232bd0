import type { Clock } from '../../cluster/meta/clock.ts';
import { buildIndex } from './build-index.ts';
import { DocumentChecksums, staleDocuments } from './documents.ts';
import type { Embedder } from './embedder.ts';
import { IndexReader, type SearchIndex } from './index-file.ts';
import type { IndexFacts, RetrievalMetrics } from './metrics.ts';
import { RetrievalError } from './retrieval-error.ts';
import { findMismatch, search, type Hit } from './search.ts';

export interface RetrieverOptions {
  readonly documents: string;
  readonly indexFile: string;
  readonly embedder: Embedder;
  readonly metrics: RetrievalMetrics;
  readonly clock: Clock;
}

/** What `/index` shows. */
export interface IndexReport {
  readonly state: 'ready' | 'missing' | 'corrupt';
  readonly reason?: string;
  readonly model?: string;
  readonly dimensions?: number;
  readonly createdAt?: string;
  readonly ageSeconds?: number;
  readonly documents?: number;
  readonly chunks?: number;
  readonly checksum?: string;
  /** Documents that the index does not know as they are now. */
  readonly staleDocuments?: readonly string[];
  readonly embeddingModel: string;
}

const MAX_STALE_SHOWN = 50;

/** Searches the index file as it is at the moment of each search, and builds it. Refusals are RetrievalErrors. */
export class Retriever {
  readonly #options: RetrieverOptions;
  readonly #reader: IndexReader;
  readonly #documents: DocumentChecksums;
  #isBuilding = false;

  constructor(options: RetrieverOptions) {
    this.#options = options;
    this.#reader = new IndexReader(options.indexFile);
    this.#documents = new DocumentChecksums(options.documents);
  }

  /** What was found, and how old that knowledge is. */
  async search(query: string, k: number, signal: AbortSignal): Promise<{ readonly hits: readonly Hit[]; readonly ageSeconds: number }> {
    const { embedder, metrics } = this.#options;
    try {
      const index = await this.#requireIndex();
      const vector = await this.#embedQuery(query, signal);
      const mismatch = findMismatch(index, embedder.model, vector.length);
      if (mismatch !== undefined) throw new RetrievalError(503, 'index_mismatch', mismatch);
      metrics.searched('ok');
      return { hits: search(index, vector, k), ageSeconds: this.#ageSeconds(index) };
    } catch (error) {
      metrics.searched(error instanceof RetrievalError ? error.code : 'internal');
      throw error;
    }
  }

  /** One build at a time; a second is refused. */
  async build(signal: AbortSignal): Promise<IndexReport> {
    const { documents, indexFile, embedder, metrics, clock } = this.#options;
    if (this.#isBuilding) throw new RetrievalError(409, 'build_running', 'The index is being built already.');
    this.#isBuilding = true;
    try {
      await buildIndex(documents, indexFile, { embedder, nowMs: clock.now(), signal });
      metrics.built('ok');
    } catch (error) {
      metrics.built('failed');
      throw new RetrievalError(
        503,
        'build_failed',
        `The index could not be built: ${error instanceof Error ? error.message : String(error)}`,
      );
    } finally {
      this.#isBuilding = false;
    }
    return this.report();
  }

  async report(): Promise<IndexReport> {
    const state = await this.#reader.read();
    const embeddingModel = this.#options.embedder.model;
    if (state.kind !== 'ready') return { state: state.kind, reason: state.reason, embeddingModel };
    const { model, dimensions, createdAtMs, documents, chunks, checksum } = state.index;
    return {
      state: 'ready',
      model,
      dimensions,
      createdAt: new Date(createdAtMs).toISOString(),
      ageSeconds: this.#ageSeconds(state.index),
      documents: documents.length,
      chunks: chunks.length,
      checksum,
      staleDocuments: (await this.#stale(state.index)).slice(0, MAX_STALE_SHOWN),
      embeddingModel,
    };
  }

  /** For the metrics. An index that another model made is there and yet of no use. */
  async facts(): Promise<IndexFacts> {
    const state = await this.#reader.read();
    if (state.kind !== 'ready') return { available: false, ageSeconds: 0, documents: 0, chunks: 0, dimensions: 0, stale: 0 };
    const { index } = state;
    return {
      available: index.model === this.#options.embedder.model,
      ageSeconds: this.#ageSeconds(index),
      documents: index.documents.length,
      chunks: index.chunks.length,
      dimensions: index.dimensions,
      stale: (await this.#stale(index)).length,
    };
  }

  async #requireIndex(): Promise<SearchIndex> {
    const state = await this.#reader.read();
    if (state.kind === 'ready') return state.index;
    throw new RetrievalError(503, `index_${state.kind}`, state.reason);
  }

  async #embedQuery(query: string, signal: AbortSignal): Promise<readonly number[]> {
    try {
      return (await this.#options.embedder.embed([query], signal))[0] ?? [];
    } catch (error) {
      throw new RetrievalError(502, 'embedding_failed', error instanceof Error ? error.message : String(error));
    }
  }

  /** Documents that cannot be read any more make all that is known of them doubtful. */
  async #stale(index: SearchIndex): Promise<readonly string[]> {
    try {
      return staleDocuments(await this.#documents.read(), index.documents);
    } catch {
      return index.documents.map(({ path }) => path);
    }
  }

  #ageSeconds({ createdAtMs }: SearchIndex): number {
    return Math.max(0, Math.round((this.#options.clock.now() - createdAtMs) / 1000));
  }
}

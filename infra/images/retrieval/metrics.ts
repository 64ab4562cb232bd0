import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface IndexFacts {
  readonly available: boolean;
  readonly ageSeconds: number;
  readonly documents: number;
  readonly chunks: number;
  readonly dimensions: number;
  readonly stale: number;
}

/** What the service tells Prometheus. Gauges of the index are set whenever somebody scrapes. */
export class RetrievalMetrics {
  readonly registry = new Registry();
  readonly #index = {
    available: this.#gauge('retrieval_index_available', '1 when searches can be answered from the index, else 0.'),
    ageSeconds: this.#gauge('retrieval_index_age_seconds', 'Seconds since the index was built.'),
    documents: this.#gauge('retrieval_index_documents', 'Documents in the index.'),
    chunks: this.#gauge('retrieval_index_chunks', 'Chunks in the index.'),
    dimensions: this.#gauge('retrieval_index_dimensions', 'Length of the vectors in the index.'),
    stale: this.#gauge('retrieval_index_stale_documents', 'Documents that were changed, added or removed since the index was built.'),
  };
  readonly #searches = new Counter({
    name: 'retrieval_searches_total',
    help: 'Searches by outcome.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly #answers = new Counter({
    name: 'retrieval_answers_total',
    help: 'Questions by outcome.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly #builds = new Counter({
    name: 'retrieval_index_builds_total',
    help: 'Builds of the index by outcome.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: 'retrieval_request_duration_seconds',
    help: 'Seconds a request took, by path.',
    labelNames: ['handler'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  setIndex(facts: IndexFacts): void {
    this.#index.available.set(facts.available ? 1 : 0);
    this.#index.ageSeconds.set(facts.ageSeconds);
    this.#index.documents.set(facts.documents);
    this.#index.chunks.set(facts.chunks);
    this.#index.dimensions.set(facts.dimensions);
    this.#index.stale.set(facts.stale);
  }

  searched(outcome: string): void {
    this.#searches.inc({ outcome });
  }

  answered(outcome: string): void {
    this.#answers.inc({ outcome });
  }

  built(outcome: 'ok' | 'failed'): void {
    this.#builds.inc({ outcome });
  }

  request(handler: string, seconds: number): void {
    this.#seconds.observe({ handler }, seconds);
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }
}

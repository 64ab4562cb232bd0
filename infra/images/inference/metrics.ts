import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine, EngineObserver } from './engine.ts';
import type { ServerOptions } from './options.ts';

const tokenBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const firstTokenBuckets = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
const interTokenBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5];
const requestBuckets = [0.05, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120];
const engineLabels = ['model_name', 'engine'] as const;

/** The metrics of vLLM's V1 engine, by their names and labels. */
export class ServerMetrics {
  readonly registry = new Registry();
  readonly #labels: { readonly model_name: string; readonly engine: string };
  readonly #counters;
  readonly #histograms;
  readonly #requests;
  readonly #requestSeconds;

  constructor(options: ServerOptions) {
    this.#labels = { model_name: options.servedModelNames[0] ?? options.model.id, engine: '0' };
    this.#counters = {
      promptTokens: this.#counter('vllm:prompt_tokens_total', 'Number of prefill tokens processed.'),
      generationTokens: this.#counter('vllm:generation_tokens_total', 'Number of generation tokens processed.'),
      preemptions: this.#counter('vllm:num_preemptions_total', 'Cumulative number of preemptions from the engine.'),
      success: this.#counter('vllm:request_success_total', 'Count of successfully processed requests.', ['finished_reason']),
    };
    this.#histograms = {
      firstToken: this.#histogram('vllm:time_to_first_token_seconds', 'Time to first token in seconds.', firstTokenBuckets),
      interToken: this.#histogram('vllm:inter_token_latency_seconds', 'Inter-token latency in seconds.', interTokenBuckets),
      total: this.#histogram('vllm:e2e_request_latency_seconds', 'End to end request latency in seconds.', requestBuckets),
      queue: this.#histogram('vllm:request_queue_time_seconds', 'Time spent in the WAITING phase.', requestBuckets),
      prefill: this.#histogram('vllm:request_prefill_time_seconds', 'Time spent in the PREFILL phase.', requestBuckets),
      decode: this.#histogram('vllm:request_decode_time_seconds', 'Time spent in the DECODE phase.', requestBuckets),
      promptTokens: this.#histogram('vllm:request_prompt_tokens', 'Number of prefill tokens processed by request.', tokenBuckets),
      generationTokens: this.#histogram(
        'vllm:request_generation_tokens',
        'Number of generation tokens processed by request.',
        tokenBuckets,
      ),
    };
    this.#requests = new Counter({
      name: 'http_requests_total',
      help: 'Total number of requests by method, status and handler.',
      labelNames: ['handler', 'method', 'status'],
      registers: [this.registry],
    });
    this.#requestSeconds = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Latency by handler.',
      labelNames: ['handler', 'method'],
      buckets: [0.1, 0.5, 1],
      registers: [this.registry],
    });
    this.#setCacheInfo(options);
  }

  /** What the engine reports to. */
  readonly observer: EngineObserver = {
    firstToken: (seconds) => this.#histograms.firstToken.observe(this.#labels, seconds),
    interToken: (seconds) => this.#histograms.interToken.observe(this.#labels, seconds),
    preempted: () => this.#counters.preemptions.inc(this.#labels),
    finished: (timing, reason) => {
      this.#counters.success.inc({ ...this.#labels, finished_reason: reason });
      this.#counters.promptTokens.inc(this.#labels, timing.promptTokens);
      this.#counters.generationTokens.inc(this.#labels, timing.generatedTokens);
      this.#histograms.total.observe(this.#labels, timing.totalSeconds);
      this.#histograms.queue.observe(this.#labels, timing.queueSeconds);
      this.#histograms.prefill.observe(this.#labels, timing.prefillSeconds);
      this.#histograms.decode.observe(this.#labels, timing.decodeSeconds);
      this.#histograms.promptTokens.observe(this.#labels, timing.promptTokens);
      this.#histograms.generationTokens.observe(this.#labels, timing.generatedTokens);
    },
  };

  /** Gauges and the cache's counters are read from the engine whenever somebody scrapes. */
  watch(engine: Engine): void {
    this.#gauge('vllm:num_requests_running', 'Number of requests in model execution batches.', () => engine.running);
    this.#gauge('vllm:num_requests_waiting', 'Number of requests waiting to be processed.', () => engine.waiting);
    this.#gauge('vllm:kv_cache_usage_perc', 'KV-cache usage. 1 means 100 percent usage.', () => engine.cache.usage);
    this.#readCounter(
      'vllm:prefix_cache_queries_total',
      'Prefix cache queries, in terms of number of queried tokens.',
      () => engine.cache.queriedTokens,
    );
    this.#readCounter(
      'vllm:prefix_cache_hits_total',
      'Prefix cache hits, in terms of number of cached tokens.',
      () => engine.cache.hitTokens,
    );
  }

  request(handler: string, method: string, status: number, seconds: number): void {
    this.#requests.inc({ handler, method, status: `${Math.floor(status / 100)}xx` });
    this.#requestSeconds.observe({ handler, method }, seconds);
  }

  #counter(name: string, help: string, more: readonly string[] = []): Counter {
    const counter = new Counter({ name, help, labelNames: [...engineLabels, ...more], registers: [this.registry] });
    if (more.length === 0) counter.inc(this.#labels, 0);
    return counter;
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, labelNames: [...engineLabels], buckets, registers: [this.registry] });
  }

  #gauge(name: string, help: string, read: () => number): void {
    const labels = this.#labels;
    new Gauge({
      name,
      help,
      labelNames: [...engineLabels],
      registers: [this.registry],
      collect() {
        this.set(labels, read());
      },
    });
  }

  #readCounter(name: string, help: string, read: () => number): void {
    const labels = this.#labels;
    new Counter({
      name,
      help,
      labelNames: [...engineLabels],
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(labels, read());
      },
    });
  }

  #setCacheInfo(options: ServerOptions): void {
    const info = {
      block_size: '16',
      enable_prefix_caching: options.enablePrefixCaching ? 'True' : 'False',
      num_gpu_blocks: String(Math.floor(options.kvCacheBytes / options.model.kvBytesPerToken / 16)),
      engine: '0',
    };
    new Gauge({
      name: 'vllm:cache_config_info',
      help: 'Information of the LLMEngine CacheConfig.',
      labelNames: Object.keys(info),
      registers: [this.registry],
    }).set(info, 1);
  }
}

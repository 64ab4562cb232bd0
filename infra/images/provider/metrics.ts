import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { TokenUsage } from './ledger.ts';

const secondsBuckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const perTokenBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Model and path come from our tables, never from a request, so that no client can make new series. */
export interface MeasuredRequest {
  readonly path: string;
  readonly model: string;
  readonly status: number;
  readonly seconds: number;
}

/** Server metrics after OpenTelemetry's GenAI conventions, and what a provider counts beside. Faults are not among them: a trainee may scrape. */
export class ProviderMetrics {
  readonly registry = new Registry();
  readonly #provider: string;
  readonly #requests;
  readonly #tokens;
  readonly #usd;
  readonly #duration;
  readonly #firstToken;
  readonly #perToken;

  constructor(provider: string, inFlight: () => number) {
    this.#provider = provider;
    const registers = [this.registry];
    const model = 'gen_ai_request_model';
    this.#requests = new Counter({
      name: 'provider_requests_total',
      help: 'Requests by path, model and status.',
      labelNames: ['gen_ai_provider_name', 'path', model, 'status'],
      registers,
    });
    this.#tokens = new Counter({
      name: 'provider_tokens_total',
      help: 'Billed tokens by model and type.',
      labelNames: ['gen_ai_provider_name', model, 'gen_ai_token_type'],
      registers,
    });
    this.#usd = new Counter({
      name: 'provider_billed_usd_total',
      help: 'Money billed, in US dollars.',
      labelNames: ['gen_ai_provider_name', model],
      registers,
    });
    const histogram = (name: string, help: string, buckets: number[]): Histogram =>
      new Histogram({ name, help, buckets, labelNames: ['gen_ai_provider_name', model], registers });
    this.#duration = histogram('gen_ai_server_request_duration_seconds', 'Request duration.', secondsBuckets);
    this.#firstToken = histogram('gen_ai_server_time_to_first_token_seconds', 'Time to generate the first token.', secondsBuckets);
    this.#perToken = histogram('gen_ai_server_time_per_output_token_seconds', 'Time per output token after the first.', perTokenBuckets);
    new Gauge({
      name: 'provider_requests_in_flight',
      help: 'Requests under way.',
      registers,
      collect() {
        this.set(inFlight());
      },
    });
  }

  request({ path, model, status, seconds }: MeasuredRequest): void {
    const provider = { gen_ai_provider_name: this.#provider };
    this.#requests.inc({ ...provider, path, gen_ai_request_model: model, status: String(status) });
    if (model !== '') this.#duration.observe({ ...provider, gen_ai_request_model: model }, seconds);
  }

  billed(model: string, usage: TokenUsage, usd: number): void {
    const labels = { gen_ai_provider_name: this.#provider, gen_ai_request_model: model };
    this.#tokens.inc({ ...labels, gen_ai_token_type: 'input' }, usage.inputTokens);
    this.#tokens.inc({ ...labels, gen_ai_token_type: 'input_cached' }, usage.cachedInputTokens);
    this.#tokens.inc({ ...labels, gen_ai_token_type: 'input_cache_write' }, usage.cacheWriteTokens);
    this.#tokens.inc({ ...labels, gen_ai_token_type: 'output' }, usage.outputTokens);
    this.#usd.inc(labels, usd);
  }

  generated(model: string, firstTokenSeconds: number, laterSeconds: number, laterTokens: number): void {
    const labels = { gen_ai_provider_name: this.#provider, gen_ai_request_model: model };
    this.#firstToken.observe(labels, firstTokenSeconds);
    if (laterTokens > 0) this.#perToken.observe(labels, laterSeconds / laterTokens);
  }
}

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Deployment, GuardrailMode, Operation } from '../config/gateway-config.ts';
import type { Usage } from '../translation/openai-types.ts';
import type { ProviderError } from '../upstream/provider-error.ts';
import { LabelLimit } from './label-limit.ts';

/** Who and what a request was, as far as labels go. */
export interface RequestLabels {
  readonly operation: Operation;
  /** Group that was asked for; `unknown` when there is none of that name. */
  readonly requestModel: string;
  readonly responseModel: string;
  readonly deployment: Deployment | undefined;
  readonly keyHash: string;
  readonly keyAlias: string;
  readonly team: string;
  readonly teamAlias: string;
}

export interface Completed {
  readonly usage: Usage;
  readonly costUsd: number;
  readonly totalSeconds: number;
  readonly firstTokenSeconds: number | undefined;
  readonly providerSeconds: number;
  readonly cache: 'hit' | 'miss' | 'off';
}

const durationBuckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const firstTokenBuckets = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const tokenBuckets = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144];
const partyLabels = ['hashed_api_key', 'api_key_alias', 'team', 'team_alias'] as const;
const genAiLabels = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'gen_ai_response_model', 'team'] as const;
const deploymentLabels = ['litellm_model_name', 'model_id', 'api_base', 'api_provider'] as const;
const MAX_PARTIES = 500;
const MAX_MODELS = 500;

const operationNames: Readonly<Record<Operation, string>> = { chat: 'chat', completion: 'text_completion', embedding: 'embeddings' };

/**
 * LiteLLM's metrics, by the names that its Prometheus client exposes (counters end in `_total`), and those of OpenTelemetry's GenAI conventions as
 * they are translated for Prometheus. Keys and teams past 500 share the label `other`.
 */
export class GatewayMetrics {
  readonly registry = new Registry();
  readonly #keys = new LabelLimit(MAX_PARTIES);
  readonly #aliases = new LabelLimit(MAX_PARTIES);
  readonly #teams = new LabelLimit(MAX_PARTIES);
  readonly #models = new LabelLimit(MAX_MODELS);

  readonly #requests = this.#counter('litellm_proxy_total_requests_metric_total', 'Requests made to the proxy.', [
    ...partyLabels,
    'requested_model',
    'status_code',
    'route',
  ]);
  readonly #failed = this.#counter('litellm_proxy_failed_requests_metric_total', 'Failed responses from the proxy.', [
    ...partyLabels,
    'requested_model',
    'exception_status',
    'exception_class',
  ]);
  readonly #answered = this.#counter('litellm_requests_metric_total', 'Requests answered, by model.', [...partyLabels, 'model']);
  readonly #spend = this.#counter('litellm_spend_metric_total', 'Total spend on LLM requests, in US dollars.', [...partyLabels, 'model']);
  readonly #totalTokens = this.#counter('litellm_total_tokens_metric_total', 'Input and output tokens.', [...partyLabels, 'model']);
  readonly #inputTokens = this.#counter('litellm_input_tokens_metric_total', 'Input tokens.', [...partyLabels, 'model']);
  readonly #outputTokens = this.#counter('litellm_output_tokens_metric_total', 'Output tokens.', [...partyLabels, 'model']);
  readonly #cacheHits = this.#counter('litellm_cache_hits_metric_total', 'Requests answered from the cache.', ['model', 'team']);
  readonly #cacheMisses = this.#counter('litellm_cache_misses_metric_total', 'Requests that the cache could not answer.', [
    'model',
    'team',
  ]);
  readonly #limited = this.#counter('litellm_rate_limited_requests_total', 'Requests that the gateway’s own limits refused.', [
    'rate_limit_party',
    'rate_limit_type',
    'team',
  ]);
  readonly #totalLatency = this.#histogram(
    'litellm_request_total_latency_metric',
    'Total latency of a request, in seconds.',
    ['model', 'team'],
    durationBuckets,
  );
  readonly #apiLatency = this.#histogram(
    'litellm_llm_api_latency_metric',
    'Latency of the provider, in seconds.',
    ['model', 'team'],
    durationBuckets,
  );
  readonly #apiFirstToken = this.#histogram(
    'litellm_llm_api_time_to_first_token_metric',
    'Time to the first token of streams, in seconds.',
    ['model', 'team'],
    firstTokenBuckets,
  );
  readonly #deploymentRequests = this.#counter('litellm_deployment_total_requests_total', 'Calls to a deployment.', deploymentLabels);
  readonly #deploymentSuccesses = this.#counter(
    'litellm_deployment_success_responses_total',
    'Successful calls to a deployment.',
    deploymentLabels,
  );
  readonly #deploymentFailures = this.#counter('litellm_deployment_failure_responses_total', 'Failed calls to a deployment.', [
    ...deploymentLabels,
    'exception_status',
    'exception_class',
  ]);
  readonly #cooledDown = this.#counter('litellm_deployment_cooled_down_total', 'Times a deployment was put into cooldown.', [
    ...deploymentLabels,
    'exception_status',
  ]);
  readonly #fallbacks = this.#counter('litellm_deployment_successful_fallbacks_total', 'Fallbacks that answered.', [
    'requested_model',
    'fallback_model',
  ]);
  readonly #failedFallbacks = this.#counter('litellm_deployment_failed_fallbacks_total', 'Fallbacks that failed too.', [
    'requested_model',
    'fallback_model',
  ]);
  readonly #guardrails = this.#counter('litellm_guardrail_requests_total', 'Guardrail runs by outcome.', [
    'guardrail_name',
    'hook_type',
    'status',
  ]);
  readonly #guardrailErrors = this.#counter('litellm_guardrail_errors_total', 'Guardrail runs that could not judge.', [
    'guardrail_name',
    'hook_type',
  ]);
  readonly #guardrailSeconds = this.#histogram(
    'litellm_guardrail_latency_seconds',
    'Time that guardrails took.',
    ['guardrail_name', 'hook_type'],
    firstTokenBuckets,
  );
  readonly #tokenUsage = this.#histogram(
    'gen_ai_client_token_usage',
    'Number of input and output tokens used.',
    [...genAiLabels, 'gen_ai_token_type'],
    tokenBuckets,
  );
  readonly #duration = this.#histogram(
    'gen_ai_client_operation_duration_seconds',
    'GenAI operation duration.',
    [...genAiLabels, 'error_type'],
    durationBuckets,
  );
  readonly #firstToken = this.#histogram(
    'gen_ai_server_time_to_first_token_seconds',
    'Time to generate the first token of successful responses.',
    genAiLabels,
    firstTokenBuckets,
  );

  completed(labels: RequestLabels, { usage, costUsd, totalSeconds, firstTokenSeconds, providerSeconds, cache }: Completed): void {
    const party = this.#party(labels);
    const model = this.#models.of(labels.requestModel);
    const byModel = { ...party, model };
    this.#answered.inc(byModel);
    this.#spend.inc(byModel, costUsd);
    this.#totalTokens.inc(byModel, usage.inputTokens + usage.outputTokens);
    this.#inputTokens.inc(byModel, usage.inputTokens);
    this.#outputTokens.inc(byModel, usage.outputTokens);
    const brief = { model, team: party.team };
    if (cache === 'hit') this.#cacheHits.inc(brief);
    if (cache === 'miss') this.#cacheMisses.inc(brief);
    this.#totalLatency.observe(brief, totalSeconds);
    if (cache !== 'hit') this.#apiLatency.observe(brief, providerSeconds);
    this.#genAi(labels, party.team, { usage, totalSeconds, firstTokenSeconds: cache === 'hit' ? undefined : firstTokenSeconds });
    if (firstTokenSeconds !== undefined && cache !== 'hit') this.#apiFirstToken.observe(brief, firstTokenSeconds);
  }

  failed(labels: RequestLabels, status: number, errorType: string, totalSeconds: number): void {
    const party = this.#party(labels);
    this.#failed.inc({
      ...party,
      requested_model: this.#models.of(labels.requestModel),
      exception_status: String(status),
      exception_class: errorType,
    });
    this.#duration.observe({ ...this.#genAiLabels(labels, party.team), error_type: errorType }, totalSeconds);
  }

  /** Every request to an inference endpoint, however it ended. */
  request(labels: RequestLabels, route: string, status: number): void {
    this.#requests.inc({
      ...this.#party(labels),
      requested_model: this.#models.of(labels.requestModel),
      status_code: String(status),
      route,
    });
  }

  rateLimited(party: string, type: string, team: string): void {
    this.#limited.inc({ rate_limit_party: party, rate_limit_type: type, team: this.#teams.of(team) });
  }

  deploymentSucceeded(deployment: Deployment): void {
    this.#deploymentRequests.inc(labelsOf(deployment));
    this.#deploymentSuccesses.inc(labelsOf(deployment));
  }

  deploymentFailed(deployment: Deployment, error: ProviderError): void {
    this.#deploymentRequests.inc(labelsOf(deployment));
    this.#deploymentFailures.inc({ ...labelsOf(deployment), exception_status: String(error.status), exception_class: error.kind });
  }

  deploymentCooledDown(deployment: Deployment, error: ProviderError): void {
    this.#cooledDown.inc({ ...labelsOf(deployment), exception_status: String(error.status) });
  }

  fellBack(from: string, to: string, succeeded: boolean): void {
    (succeeded ? this.#fallbacks : this.#failedFallbacks).inc({ requested_model: from, fallback_model: to });
  }

  guardrail(name: string, mode: GuardrailMode, outcome: 'passed' | 'masked' | 'blocked' | 'error', seconds: number): void {
    this.#guardrails.inc({ guardrail_name: name, hook_type: mode, status: outcome });
    if (outcome === 'error') this.#guardrailErrors.inc({ guardrail_name: name, hook_type: mode });
    this.#guardrailSeconds.observe({ guardrail_name: name, hook_type: mode }, seconds);
  }

  /** Gauges are read whenever somebody scrapes; deployments and limits come and go with the configuration. */
  watch(sources: {
    readonly deployments: () => readonly { readonly deployment: Deployment; readonly outage: number }[];
    readonly budgets: () => readonly {
      readonly metric: 'team' | 'api_key';
      readonly id: string;
      readonly alias: string;
      readonly leftUsd: number;
    }[];
    readonly inFlight: () => number;
  }): void {
    this.#gauge(
      'litellm_deployment_state',
      'State of a deployment: 0 healthy, 1 partial outage, 2 complete outage.',
      deploymentLabels,
      () => sources.deployments().map(({ deployment, outage }) => ({ labels: labelsOf(deployment), value: outage })),
    );
    const budgets = (metric: 'team' | 'api_key', id: string, alias: string) => () =>
      sources
        .budgets()
        .filter((budget) => budget.metric === metric)
        .slice(0, MAX_PARTIES)
        .map((budget) => ({ labels: { [id]: budget.id, [alias]: budget.alias }, value: budget.leftUsd }));
    this.#gauge(
      'litellm_remaining_team_budget_metric',
      'Remaining budget of a team, in US dollars.',
      ['team', 'team_alias'],
      budgets('team', 'team', 'team_alias'),
    );
    this.#gauge(
      'litellm_remaining_api_key_budget_metric',
      'Remaining budget of a key, in US dollars.',
      ['hashed_api_key', 'api_key_alias'],
      budgets('api_key', 'hashed_api_key', 'api_key_alias'),
    );
    this.#gauge('litellm_in_flight_requests', 'Requests being served.', [], () => [{ labels: {}, value: sources.inFlight() }]);
  }

  #genAi(labels: RequestLabels, team: string, done: { usage: Usage; totalSeconds: number; firstTokenSeconds: number | undefined }): void {
    const own = this.#genAiLabels(labels, team);
    this.#tokenUsage.observe({ ...own, gen_ai_token_type: 'input' }, done.usage.inputTokens);
    if (labels.operation !== 'embedding') this.#tokenUsage.observe({ ...own, gen_ai_token_type: 'output' }, done.usage.outputTokens);
    this.#duration.observe({ ...own, error_type: '' }, done.totalSeconds);
    if (done.firstTokenSeconds !== undefined) this.#firstToken.observe(own, done.firstTokenSeconds);
  }

  #genAiLabels(labels: RequestLabels, team: string): Record<(typeof genAiLabels)[number], string> {
    return {
      gen_ai_operation_name: operationNames[labels.operation],
      gen_ai_provider_name: labels.deployment?.provider ?? '',
      gen_ai_request_model: this.#models.of(labels.requestModel),
      gen_ai_response_model: this.#models.of(labels.responseModel),
      team,
    };
  }

  #party({ keyHash, keyAlias, team, teamAlias }: RequestLabels): Record<(typeof partyLabels)[number], string> {
    return {
      hashed_api_key: this.#keys.of(keyHash),
      api_key_alias: this.#aliases.of(keyAlias),
      team: this.#teams.of(team),
      team_alias: this.#teams.of(teamAlias),
    };
  }

  #counter(name: string, help: string, labelNames: readonly string[]): Counter {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #histogram(name: string, help: string, labelNames: readonly string[], buckets: readonly number[]): Histogram {
    return new Histogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers: [this.registry] });
  }

  #gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => readonly { labels: Record<string, string>; value: number }[],
  ): void {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.set(labels, value);
      },
    });
  }
}

function labelsOf({ model, id, apiBase, provider }: Deployment): Record<(typeof deploymentLabels)[number], string> {
  return { litellm_model_name: model, model_id: id, api_base: apiBase, api_provider: provider };
}

import type { Caller } from '../access/authenticate.ts';
import { groupsOf, type Deployment } from '../config/gateway-config.ts';
import type { Gateway } from '../gateway.ts';
import { callDeployment } from '../upstream/call-deployment.ts';
import { ProviderError } from '../upstream/provider-error.ts';
import { GATEWAY_VERSION } from './response-headers.ts';

const CHECK_TIMEOUT_MS = 10_000;
const CHECKS_AT_ONCE = 4;

/** Asks every deployment for one token, as LiteLLM does: it costs, so probes should use /health/readiness. */
export async function health(gateway: Gateway): Promise<object> {
  const deployments = [...gateway.config.deployments];
  const results: { readonly deployment: Deployment; readonly error: string | undefined }[] = [];
  const worker = async (): Promise<void> => {
    for (let deployment = deployments.shift(); deployment !== undefined; deployment = deployments.shift())
      results.push({ deployment, error: await checkDeployment(deployment) });
  };
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, worker));
  const healthy = results.filter(({ error }) => error === undefined).map(({ deployment }) => showEndpoint(deployment));
  const unhealthy = results.flatMap(({ deployment, error }) => (error === undefined ? [] : [{ ...showEndpoint(deployment), error }]));
  return { healthy_endpoints: healthy, unhealthy_endpoints: unhealthy, healthy_count: healthy.length, unhealthy_count: unhealthy.length };
}

async function checkDeployment(deployment: Deployment): Promise<string | undefined> {
  const isEmbedding = deployment.info['mode'] === 'embedding';
  const question = isEmbedding
    ? { input: 'test from litellm' }
    : { messages: [{ role: 'user', content: 'test from litellm' }], max_tokens: 1 };
  try {
    await callDeployment(deployment, {
      operation: isEmbedding ? 'embedding' : 'chat',
      body: question,
      stream: false,
      dropParams: true,
      signal: AbortSignal.timeout(CHECK_TIMEOUT_MS),
    });
    return undefined;
  } catch (error) {
    if (error instanceof ProviderError) return `${error.kind}: ${error.message}`;
    return error instanceof Error ? error.message : String(error);
  }
}

function showEndpoint({ fullModel, apiBase, id, group }: Deployment): object {
  return { model: fullModel, api_base: apiBase, model_id: id, model_group: group };
}

/** For probes: what state the gateway itself is in. It says nothing of keys or providers. */
export function readiness(gateway: Gateway): { readonly status: number; readonly body: object } {
  const { config, status, draining } = gateway;
  return {
    status: draining ? 503 : 200,
    body: {
      status: draining ? 'draining' : 'healthy',
      db: config.stateFile === undefined ? 'Not connected' : 'connected',
      cache: config.cache === undefined ? null : config.cache.mode === 'semantic' ? 'semantic' : 'local',
      litellm_version: GATEWAY_VERSION,
      success_callbacks: config.callbacks,
      guardrails: config.guardrails.map(({ name, modes, defaultOn }) => ({
        guardrail_name: name,
        mode: [...modes],
        default_on: defaultOn,
      })),
      log_prompts: config.logPrompts,
      store_prompts_in_spend_logs: config.storePrompts,
      config: {
        loaded_at: status.loadedAt,
        warnings: status.warnings,
        rejected: status.rejected === undefined ? null : { at: status.rejected.at, errors: status.rejected.errors },
      },
    },
  };
}

/** The groups that the caller may use, aliases included. */
export function listModels(gateway: Gateway, caller: Caller): object {
  const created = Math.floor(Date.parse(gateway.status.loadedAt) / 1000);
  const allowed = visibleModels(gateway, caller);
  return { object: 'list', data: allowed.map((id) => ({ id, object: 'model', created, owned_by: 'openai' })) };
}

function visibleModels(gateway: Gateway, caller: Caller): readonly string[] {
  const all = [...groupsOf(gateway.config), ...gateway.config.router.aliases.keys()];
  if (caller.kind === 'master') return all;
  const may = (models: readonly string[], model: string): boolean =>
    models.length === 0 || models.includes(model) || models.some((one) => ['all-team-models', 'all-proxy-models'].includes(one));
  return all.filter((model) => may(caller.key.models, model) && may(caller.team?.models ?? [], model));
}

/** Every deployment that the caller may use, without its key. */
export function modelInfo(gateway: Gateway, caller: Caller): object {
  const visible = visibleModels(gateway, caller);
  const data = gateway.config.deployments
    .filter(({ group }) => visible.includes(group))
    .map(({ group, fullModel, apiBase, rpm, tpm, weight, id, info, prices, provider }) => ({
      model_name: group,
      litellm_params: { model: fullModel, api_base: apiBase, rpm: rpm ?? null, tpm: tpm ?? null, weight },
      model_info: {
        ...info,
        id,
        litellm_provider: provider,
        input_cost_per_token: prices.input,
        output_cost_per_token: prices.output,
        cooldown_left_s: Math.ceil((gateway.config.router.cooldowns ? cooldownLeftMs(gateway, id) : 0) / 1000),
      },
    }));
  return { data };
}

function cooldownLeftMs(gateway: Gateway, id: string): number {
  const deployment = gateway.config.deployments.find((one) => one.id === id);
  return deployment === undefined ? 0 : gateway.router.stateOf(deployment).cooldownLeftMs;
}

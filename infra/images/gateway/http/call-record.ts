import { log } from '../../inference/log.ts';
import { hashKey } from '../access/key-store.ts';
import type { Caller } from '../access/authenticate.ts';
import type { LimitedParty } from '../access/rate-limiter.ts';
import type { Gateway } from '../gateway.ts';
import type { Route } from '../routing/router.ts';
import type { RequestLabels } from '../telemetry/gateway-metrics.ts';
import { noUsage, type Json, type Usage } from '../translation/openai-types.ts';
import type { Face, ParsedCall } from './faces.ts';
import type { GatewayError } from './gateway-error.ts';

/** What is found out about one call on its way, for metrics, logs and spend. */
export interface CallRecord {
  readonly id: string;
  readonly face: Face;
  readonly path: string;
  readonly startedAtMs: number;
  caller: Caller | undefined;
  call: ParsedCall | undefined;
  group: string | undefined;
  route: Route | undefined;
  usage: Usage;
  costUsd: number;
  responseModel: string;
  firstTokenAtMs: number | undefined;
  providerMs: number;
  cache: 'hit' | 'miss' | 'off';
  /** Request and answer, as they were after redaction. */
  sent: Json | undefined;
  received: Json | undefined;
}

export function newRecord(id: string, face: Face, path: string, startedAtMs: number): CallRecord {
  return {
    id,
    face,
    path,
    startedAtMs,
    caller: undefined,
    call: undefined,
    group: undefined,
    route: undefined,
    usage: noUsage,
    costUsd: 0,
    responseModel: '',
    firstTokenAtMs: undefined,
    providerMs: 0,
    cache: 'off',
    sent: undefined,
    received: undefined,
  };
}

/** Books a finished call: metrics, log, spend. `error` is what the client was told, if anything. */
export function bookCall(gateway: Gateway, record: CallRecord, status: number, error: GatewayError | undefined): void {
  const nowMs = gateway.clock.now();
  const labels = labelsOf(record);
  const totalSeconds = (nowMs - record.startedAtMs) / 1000;
  gateway.metrics.request(labels, record.path, status);
  if (error === undefined)
    gateway.metrics.completed(labels, {
      usage: record.usage,
      costUsd: record.costUsd,
      totalSeconds,
      firstTokenSeconds: record.firstTokenAtMs === undefined ? undefined : (record.firstTokenAtMs - record.startedAtMs) / 1000,
      providerSeconds: record.providerMs / 1000,
      cache: record.cache,
    });
  else gateway.metrics.failed(labels, status, error.type === 'None' ? `status_${status}` : error.type, totalSeconds);
  if (record.group !== undefined && record.caller !== undefined) chargeAndStore(gateway, record, nowMs, error);
  logCall(gateway, record, status, totalSeconds, error);
}

function labelsOf(record: CallRecord): RequestLabels {
  const caller = record.caller?.kind === 'key' ? record.caller : undefined;
  return {
    operation: record.face.operation,
    requestModel: record.group ?? 'unknown',
    responseModel: record.responseModel,
    deployment: record.route?.deployment,
    keyHash: caller?.key.hash ?? '',
    keyAlias: caller?.key.alias ?? '',
    team: caller?.key.teamId ?? '',
    teamAlias: caller?.team?.alias ?? '',
  };
}

function chargeAndStore(gateway: Gateway, record: CallRecord, nowMs: number, error: GatewayError | undefined): void {
  const caller = record.caller?.kind === 'key' ? record.caller : undefined;
  const tokens = record.usage.inputTokens + record.usage.outputTokens;
  const keyHash = caller?.key.hash ?? (gateway.config.masterKey === undefined ? undefined : hashKey(gateway.config.masterKey));
  // A refused call costs nobody anything, but one that broke off after tokens had flowed does.
  if (error === undefined || tokens > 0)
    gateway.keys.charge({ keyHash, teamId: caller?.key.teamId, model: record.group ?? '', spend: record.costUsd, tokens });
  const deployment = record.route?.deployment;
  const { storePrompts } = gateway.config;
  gateway.spendLog.add({
    request_id: record.id,
    call_type: record.face.callType,
    api_key: keyHash ?? '',
    spend: record.costUsd,
    total_tokens: tokens,
    prompt_tokens: record.usage.inputTokens,
    completion_tokens: record.usage.outputTokens,
    startTime: new Date(record.startedAtMs).toISOString(),
    endTime: new Date(nowMs).toISOString(),
    model: deployment?.fullModel ?? '',
    model_id: deployment?.id ?? '',
    model_group: record.group ?? '',
    custom_llm_provider: deployment?.provider ?? '',
    api_base: deployment?.apiBase ?? '',
    team_id: caller?.key.teamId ?? '',
    end_user: record.call?.endUser ?? '',
    cache_hit: record.cache === 'hit' ? 'True' : 'False',
    status: error === undefined ? 'success' : 'failure',
    metadata: {
      user_api_key_alias: caller?.key.alias ?? null,
      user_api_key_team_alias: caller?.team?.alias ?? null,
      attempted_retries: record.route?.attemptedRetries ?? 0,
      attempted_fallbacks: record.route?.attemptedFallbacks ?? 0,
      ...(error === undefined ? {} : { error_code: String(error.status), error_class: error.type }),
    },
    messages: storePrompts ? excerpt(record.sent?.['messages'] ?? record.sent?.['prompt'] ?? {}) : {},
    response: storePrompts ? excerpt(record.received ?? {}) : {},
  });
}

function logCall(gateway: Gateway, record: CallRecord, status: number, totalSeconds: number, error: GatewayError | undefined): void {
  const { redactKeyInfo, logPrompts } = gateway.config;
  const caller = record.caller?.kind === 'key' ? record.caller : undefined;
  const who = redactKeyInfo ? {} : { keyAlias: caller?.key.alias, keyHash: caller?.key.hash.slice(0, 12), team: caller?.key.teamId };
  log(error === undefined ? 'info' : 'warning', 'request', {
    requestId: record.id,
    path: record.path,
    status,
    tookMs: Math.round(totalSeconds * 1000),
    model: record.group,
    modelId: record.route?.deployment.id,
    provider: record.route?.deployment.provider,
    promptTokens: record.usage.inputTokens,
    completionTokens: record.usage.outputTokens,
    costUsd: record.costUsd,
    cache: record.cache,
    retries: record.route?.attemptedRetries,
    fallbacks: record.route?.attemptedFallbacks,
    error: error?.type,
    ...who,
    ...(logPrompts ? { prompt: excerpt(record.sent), response: excerpt(record.received) } : {}),
  });
}

const MAX_EXCERPT_CHARS = 4_000;

/** The value itself, or the beginning of its JSON where it is long. */
function excerpt(value: unknown): unknown {
  const text = JSON.stringify(value ?? null);
  if (text.length <= MAX_EXCERPT_CHARS) return value;
  return `${text.slice(0, MAX_EXCERPT_CHARS)}... (${text.length - MAX_EXCERPT_CHARS} more characters)`;
}

/** Whose limits a call counts against. */
export function limitedParties(caller: Caller, group: string, maxParallel: number): readonly LimitedParty[] {
  const none = { requests: undefined, tokens: undefined, parallel: undefined };
  const global: LimitedParty = { key: 'global', value: '', ...none, parallel: maxParallel };
  if (caller.kind === 'master') return [global];
  const { key, team } = caller;
  return [
    { key: 'api_key', value: key.hash, requests: key.rpmLimit, tokens: key.tpmLimit, parallel: key.maxParallelRequests },
    { key: 'model_per_key', value: `${key.hash}:${group}`, ...none, requests: key.modelRpmLimit[group], tokens: key.modelTpmLimit[group] },
    ...(team === undefined
      ? []
      : [{ key: 'team' as const, value: team.id, requests: team.rpmLimit, tokens: team.tpmLimit, parallel: team.maxParallelRequests }]),
    global,
  ];
}

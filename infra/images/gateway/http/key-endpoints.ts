import { z } from 'zod';
import { requireMaster, type Caller } from '../access/authenticate.ts';
import { parseDuration } from '../access/duration.ts';
import { hashKey, keyName, newKey } from '../access/key-store.ts';
import type { KeyRecord } from '../access/records.ts';
import { resolveGroup } from '../config/gateway-config.ts';
import type { Gateway } from '../gateway.ts';
import { GatewayError } from './gateway-error.ts';

const limit = z.int().min(0).max(1_000_000_000).nullish();
const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'write a duration such as 30s, 5m, 12h, 30d or 1mo')
  .nullish();

/** What keys and teams have in common, as `/key/generate` and `/team/new` take it. */
export const allowanceFields = {
  models: z.array(z.string().max(200)).max(500).nullish(),
  max_budget: z.number().min(0).nullish(),
  budget_duration: duration,
  rpm_limit: limit,
  tpm_limit: limit,
  max_parallel_requests: limit,
  metadata: z.record(z.string(), z.unknown()).nullish(),
  blocked: z.boolean().nullish(),
};

const keyFields = {
  ...allowanceFields,
  key_alias: z.string().max(200).nullish(),
  team_id: z.string().max(200).nullish(),
  user_id: z.string().max(200).nullish(),
  duration,
  model_rpm_limit: z.record(z.string(), z.int().min(0)).nullish(),
  model_tpm_limit: z.record(z.string(), z.int().min(0)).nullish(),
};

export const generateKeySchema = z.object({
  ...keyFields,
  key: z
    .string()
    .regex(/^sk-[\w-]{8,200}$/, 'a key begins with sk- and has at least eight more letters, digits, - or _')
    .nullish(),
});
export const updateKeySchema = z.object({ ...keyFields, key: z.string(), spend: z.number().min(0).nullish() });
export const deleteKeysSchema = z.object({
  keys: z.array(z.string()).max(1_000).nullish(),
  key_aliases: z.array(z.string()).max(1_000).nullish(),
});

export function generateKey(gateway: Gateway, caller: Caller, request: z.infer<typeof generateKeySchema>): object {
  requireMaster(caller);
  const key = request.key ?? newKey();
  const hash = hashKey(key);
  if (gateway.keys.key(hash) !== undefined)
    throw new GatewayError(400, 'This key exists already. Delete it first, or use `/key/update`.', { param: 'key' });
  const nowMs = gateway.clock.now();
  const blank: KeyRecord = {
    hash,
    name: keyName(key),
    models: [],
    spend: 0,
    blocked: false,
    metadata: {},
    createdAtMs: nowMs,
    modelRpmLimit: {},
    modelTpmLimit: {},
  };
  const record = applyKeyFields(gateway, blank, request);
  gateway.keys.putKey(record);
  return { key, token: hash, token_id: hash, expires: timeOf(record.expiresAtMs), ...showKey(record) };
}

export function updateKey(gateway: Gateway, caller: Caller, request: z.infer<typeof updateKeySchema>): object {
  requireMaster(caller);
  const record = applyKeyFields(gateway, requireKey(gateway, request.key), request);
  const updated = request.spend === undefined || request.spend === null ? record : { ...record, spend: request.spend };
  gateway.keys.putKey(updated);
  return { key: updated.hash, ...showKey(updated) };
}

export function deleteKeys(gateway: Gateway, caller: Caller, request: z.infer<typeof deleteKeysSchema>): object {
  requireMaster(caller);
  const byAlias = gateway.keys.keys().filter((key) => key.alias !== undefined && request.key_aliases?.includes(key.alias) === true);
  const records = [...(request.keys ?? []).map((key) => requireKey(gateway, key)), ...byAlias];
  if (records.length === 0) throw new GatewayError(400, 'Name the keys to delete: `keys` or `key_aliases`.', { param: 'keys' });
  for (const { hash } of records) gateway.keys.deleteKey(hash);
  return { deleted_keys: request.keys ?? records.map(({ hash }) => hash) };
}

/** A key may look at itself; others are the master's to see. */
export function keyInfo(gateway: Gateway, caller: Caller, asked: string | undefined): object {
  if (asked === undefined) {
    if (caller.kind === 'master') throw new GatewayError(422, 'Say which key: `/key/info?key=sk-...` or its hash.', { param: 'key' });
    return { key: caller.key.hash, info: showKey(caller.key) };
  }
  const hash = hashOf(asked);
  if (caller.kind === 'master' || caller.key.hash !== hash) requireMaster(caller);
  const record = requireKey(gateway, asked);
  return { key: record.hash, info: showKey(record) };
}

export function listKeys(gateway: Gateway, caller: Caller, query: URLSearchParams): object {
  requireMaster(caller);
  const size = Math.min(Math.max(Number(query.get('size') ?? 100) || 100, 1), 500);
  const page = Math.max(Number(query.get('page') ?? 1) || 1, 1);
  const team = query.get('team_id');
  const alias = query.get('key_alias');
  const all = gateway.keys.keys().filter((key) => (team === null || key.teamId === team) && (alias === null || key.alias === alias));
  const rows = all.slice((page - 1) * size, page * size);
  const keys =
    query.get('return_full_object') === 'true' ? rows.map((row) => ({ token: row.hash, ...showKey(row) })) : rows.map(({ hash }) => hash);
  return { keys, total_count: all.length, current_page: page, total_pages: Math.ceil(all.length / size) };
}

function applyKeyFields(gateway: Gateway, record: KeyRecord, request: Omit<z.infer<typeof generateKeySchema>, 'key'>): KeyRecord {
  const teamId = choose(request.team_id, record.teamId);
  if (teamId !== undefined && gateway.keys.team(teamId) === undefined)
    throw new GatewayError(400, `There is no team \`${teamId}\`. Create it first with \`/team/new\`.`, { param: 'team_id' });
  const nowMs = gateway.clock.now();
  const lifeMs = parseDuration(request.duration ?? '');
  return withoutUndefined({
    ...applyAllowance(gateway, record, request),
    alias: choose(request.key_alias, record.alias),
    teamId,
    userId: choose(request.user_id, record.userId),
    expiresAtMs: request.duration === null ? undefined : lifeMs === undefined ? record.expiresAtMs : nowMs + lifeMs,
    modelRpmLimit: request.model_rpm_limit ?? record.modelRpmLimit,
    modelTpmLimit: request.model_tpm_limit ?? record.modelTpmLimit,
  });
}

interface AllowanceRequest {
  readonly models?: readonly string[] | null | undefined;
  readonly max_budget?: number | null | undefined;
  readonly budget_duration?: string | null | undefined;
  readonly rpm_limit?: number | null | undefined;
  readonly tpm_limit?: number | null | undefined;
  readonly max_parallel_requests?: number | null | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
  readonly blocked?: boolean | null | undefined;
}

type Allowance = Pick<
  KeyRecord,
  'models' | 'maxBudget' | 'budgetDuration' | 'budgetResetAtMs' | 'rpmLimit' | 'tpmLimit' | 'maxParallelRequests' | 'metadata' | 'blocked'
>;

/** The record with what the request says; `null` takes a limit away, absent leaves it. Throws GatewayError 400 for models that nobody serves. */
export function applyAllowance<T extends Allowance>(gateway: Gateway, record: T, request: AllowanceRequest): T {
  const models = request.models === undefined || request.models === null ? record.models : [...request.models];
  const unknown = models.find(
    (model) => resolveGroup(gateway.config, model) === undefined && !['all-team-models', 'all-proxy-models'].includes(model),
  );
  if (unknown !== undefined && request.models !== undefined)
    throw new GatewayError(400, `\`${unknown}\` is no model of this gateway. Call \`/v1/models\` to see which there are.`, {
      param: 'models',
    });
  const budgetDuration = choose(request.budget_duration, record.budgetDuration);
  const periodMs = parseDuration(budgetDuration ?? '');
  const isSamePeriod = budgetDuration === record.budgetDuration;
  return withoutUndefined({
    ...record,
    models,
    maxBudget: choose(request.max_budget, record.maxBudget),
    budgetDuration,
    budgetResetAtMs: periodMs === undefined ? undefined : isSamePeriod ? record.budgetResetAtMs : gateway.clock.now() + periodMs,
    rpmLimit: choose(request.rpm_limit, record.rpmLimit),
    tpmLimit: choose(request.tpm_limit, record.tpmLimit),
    maxParallelRequests: choose(request.max_parallel_requests, record.maxParallelRequests),
    metadata: request.metadata ?? record.metadata,
    blocked: request.blocked ?? record.blocked,
  });
}

function choose<T>(asked: T | null | undefined, before: T | undefined): T | undefined {
  return asked === undefined ? before : (asked ?? undefined);
}

function withoutUndefined<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

function requireKey(gateway: Gateway, keyOrHash: string): KeyRecord {
  const record = gateway.keys.key(hashOf(keyOrHash));
  if (record === undefined) throw new GatewayError(404, 'Key not found in database', { type: 'not_found_error', param: 'key' });
  return record;
}

/** Keys are named by themselves or by their hash. */
function hashOf(keyOrHash: string): string {
  return keyOrHash.startsWith('sk-') ? hashKey(keyOrHash) : keyOrHash;
}

export function showAllowance(record: Allowance & Pick<KeyRecord, 'spend' | 'createdAtMs'>): object {
  return {
    models: record.models,
    spend: record.spend,
    max_budget: record.maxBudget ?? null,
    budget_duration: record.budgetDuration ?? null,
    budget_reset_at: timeOf(record.budgetResetAtMs),
    rpm_limit: record.rpmLimit ?? null,
    tpm_limit: record.tpmLimit ?? null,
    max_parallel_requests: record.maxParallelRequests ?? null,
    metadata: record.metadata,
    blocked: record.blocked,
    created_at: timeOf(record.createdAtMs),
  };
}

export function showKey(record: KeyRecord): object {
  return {
    key_name: record.name,
    key_alias: record.alias ?? null,
    team_id: record.teamId ?? null,
    user_id: record.userId ?? null,
    expires: timeOf(record.expiresAtMs),
    ...showAllowance(record),
    model_rpm_limit: record.modelRpmLimit,
    model_tpm_limit: record.modelTpmLimit,
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

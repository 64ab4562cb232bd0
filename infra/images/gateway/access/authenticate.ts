import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { GatewayError } from '../http/gateway-error.ts';
import { isOverBudget } from './budget.ts';
import { hashKey, type KeyStore } from './key-store.ts';
import type { KeyRecord, TeamRecord } from './records.ts';

/** Who calls. */
export type Caller =
  /** The master key, or anybody where there is none. */
  { readonly kind: 'master' } | { readonly kind: 'key'; readonly key: KeyRecord; readonly team: TeamRecord | undefined };

/** Finds out who calls. Throws GatewayError 401 in LiteLLM's words. Whole keys never get into messages. */
export function authenticate(headers: IncomingHttpHeaders, config: GatewayConfig, store: KeyStore, nowMs: number): Caller {
  if (config.masterKey === undefined) return { kind: 'master' };
  const given = givenKey(headers);
  if (given === undefined) throw unauthorised('Authentication Error, No api key passed in.', 'auth_error', 'None');
  if (isSame(given, config.masterKey)) return { kind: 'master' };
  const hash = hashKey(given);
  const key = store.key(hash);
  if (key === undefined) throw unknownKey(given, hash);
  if (key.expiresAtMs !== undefined && nowMs >= key.expiresAtMs)
    throw unauthorised(
      `Authentication Error - Expired Key. Key Expiry time ${new Date(key.expiresAtMs).toISOString()}`,
      'expired_key',
      'key',
    );
  const team = key.teamId === undefined ? undefined : store.team(key.teamId);
  if (key.blocked || team?.blocked === true)
    throw unauthorised('Key is blocked. Update via `/key/update` with `blocked: false` if this is unexpected.', 'auth_error', 'None');
  return { kind: 'key', key, team };
}

function givenKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
  const named = headers['x-api-key'] ?? headers['x-litellm-api-key'];
  return bearer ?? [named].flat()[0]?.replace(/^bearer\s+/i, '');
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(hashKey(a)), Buffer.from(hashKey(b)));
}

function unknownKey(given: string, hash: string): GatewayError {
  if (!given.startsWith('sk-'))
    return unauthorised(
      `Authentication Error, LiteLLM Virtual Key expected. Received=${shortened(given)}, expected to start with 'sk-'.`,
      'auth_error',
      'None',
    );
  return unauthorised(
    `Authentication Error, Invalid proxy server token passed. Received API Key = ${shortened(given)}, Key Hash (Token) =${hash}. Unable to find token in cache or \`LiteLLM_VerificationTokenTable\``,
    'token_not_found_in_db',
    'key',
  );
}

function shortened(key: string): string {
  return key.length < 12 ? '****' : `sk-...${key.slice(-4)}`;
}

function unauthorised(message: string, type: string, param: string): GatewayError {
  return new GatewayError(401, message, { type, param });
}

/** Throws GatewayError 403 unless the caller is the master. */
export function requireMaster(caller: Caller): void {
  if (caller.kind !== 'master')
    throw new GatewayError(403, 'Only the proxy admin can do this. Call with the master key.', { type: 'auth_error' });
}

/** Throws GatewayError 403 when key or team may not call the group, by its own name or the alias that was used. */
export function requireModelAccess(caller: Caller, model: string, group: string): void {
  if (caller.kind === 'master') return;
  const check = (holder: string, type: string, models: readonly string[]): void => {
    const allowed = models.length === 0 || [model, group, 'all-proxy-models'].some((name) => models.includes(name));
    if (allowed || models.includes('all-team-models')) return;
    const list = models.map((name) => `'${name}'`).join(', ');
    throw new GatewayError(
      403,
      `${holder} not allowed to access model. This ${holder} can only access models=[${list}]. Tried to access ${model}`,
      { type, param: 'model' },
    );
  };
  check('key', 'key_model_access_denied', caller.key.models);
  if (caller.team !== undefined) check('team', 'team_model_access_denied', caller.team.models);
}

/** Throws GatewayError 400 `budget_exceeded` when key or team has spent what it may. */
export function requireBudget(caller: Caller): void {
  if (caller.kind === 'master') return;
  const { key, team } = caller;
  if (isOverBudget(key)) throw overBudget(`Budget has been exceeded! Current cost: ${key.spend}, Max budget: ${key.maxBudget ?? 0}`);
  if (team !== undefined && isOverBudget(team))
    throw overBudget(
      `Budget has been exceeded! Team=${team.alias ?? team.id} Current cost: ${team.spend}, Max budget: ${team.maxBudget ?? 0}`,
    );
}

function overBudget(message: string): GatewayError {
  return new GatewayError(400, message, { type: 'budget_exceeded' });
}

import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { requireMaster, type Caller } from '../access/authenticate.ts';
import type { DailySpend, TeamRecord } from '../access/records.ts';
import type { Gateway } from '../gateway.ts';
import type { SpendRow } from '../telemetry/spend-log.ts';
import { GatewayError } from './gateway-error.ts';
import { allowanceFields, applyAllowance, showAllowance, showKey } from './key-endpoints.ts';

export const newTeamSchema = z.object({
  ...allowanceFields,
  team_id: z.string().min(1).max(200).nullish(),
  team_alias: z.string().max(200).nullish(),
});
export const updateTeamSchema = z.object({ ...allowanceFields, team_id: z.string(), team_alias: z.string().max(200).nullish() });

export function newTeam(gateway: Gateway, caller: Caller, request: z.infer<typeof newTeamSchema>): object {
  requireMaster(caller);
  const id = request.team_id ?? randomUUID();
  if (gateway.keys.team(id) !== undefined)
    throw new GatewayError(400, `Team id = ${id} already exists. Please use a different team id.`, { param: 'team_id' });
  const blank: TeamRecord = { id, models: [], spend: 0, blocked: false, metadata: {}, createdAtMs: gateway.clock.now() };
  return putTeam(gateway, blank, request);
}

export function updateTeam(gateway: Gateway, caller: Caller, request: z.infer<typeof updateTeamSchema>): object {
  requireMaster(caller);
  return putTeam(gateway, requireTeam(gateway, request.team_id), request);
}

function putTeam(gateway: Gateway, before: TeamRecord, request: Omit<z.infer<typeof newTeamSchema>, 'team_id'>): object {
  const alias = request.team_alias ?? before.alias;
  const team: TeamRecord = { ...applyAllowance(gateway, before, request), ...(alias === undefined ? {} : { alias }) };
  gateway.keys.putTeam(team);
  return showTeam(team);
}

/** A key may look at its own team; others are the master's to see. */
export function teamInfo(gateway: Gateway, caller: Caller, asked: string | undefined): object {
  const id = asked ?? (caller.kind === 'key' ? caller.key.teamId : undefined);
  if (id === undefined) throw new GatewayError(422, 'Say which team: `/team/info?team_id=ID`.', { param: 'team_id' });
  if (caller.kind === 'key' && caller.key.teamId !== id) requireMaster(caller);
  const team = requireTeam(gateway, id);
  const keys = gateway.keys.keys().filter((key) => key.teamId === id);
  return { team_id: id, team_info: showTeam(team), keys: keys.map((key) => ({ token: key.hash, ...showKey(key) })) };
}

export function listTeams(gateway: Gateway, caller: Caller): object {
  requireMaster(caller);
  return gateway.keys.teams().map(showTeam);
}

function requireTeam(gateway: Gateway, id: string): TeamRecord {
  const team = gateway.keys.team(id);
  if (team === undefined)
    throw new GatewayError(404, `Team not found, passed team id: ${id}.`, { type: 'not_found_error', param: 'team_id' });
  return team;
}

function showTeam(team: TeamRecord): object {
  return { team_id: team.id, team_alias: team.alias ?? null, ...showAllowance(team) };
}

const MAX_LOG_ROWS = 500;

/** The last requests, newest last; a key sees its own. */
export function spendLogs(gateway: Gateway, caller: Caller, query: URLSearchParams): readonly SpendRow[] {
  const wanted = (field: 'request_id' | 'api_key' | 'team_id'): string | undefined => query.get(field) ?? undefined;
  const own = caller.kind === 'key' ? caller.key.hash : undefined;
  const matches = (row: SpendRow): boolean =>
    (own === undefined || row.api_key === own) &&
    (['request_id', 'api_key', 'team_id'] as const).every((field) => wanted(field) === undefined || row[field] === wanted(field)) &&
    isWithin(row.startTime.slice(0, 10), query);
  return gateway.spendLog.rows(matches).slice(-MAX_LOG_ROWS);
}

/** Spend by day and team, as LiteLLM reports it; `group_by=api_key` goes by key. At most a year of days. */
export function spendReport(gateway: Gateway, caller: Caller, query: URLSearchParams): readonly object[] {
  requireMaster(caller);
  const byKey = query.get('group_by') === 'api_key';
  const rows = gateway.keys.daily().filter(({ day }) => isWithin(day, query));
  const days = [...new Set(rows.map(({ day }) => day))].sort().slice(-366);
  return days.map((day) => {
    const today = rows.filter((row) => row.day === day);
    const groups = groupRows(today, byKey);
    const parts = [...groups].map(([id, own]) => ({
      ...(byKey ? { api_key: id } : { team_id: id, team_name: gateway.keys.team(id)?.alias ?? (id === '' ? 'no team' : id) }),
      total_spend: sum(own),
      metadata: own.map(({ model, spend, tokens, requests, keyHash }) => ({
        model,
        spend,
        total_tokens: tokens,
        requests,
        api_key: keyHash,
      })),
    }));
    return { group_by_day: `${day}T00:00:00+00:00`, [byKey ? 'api_keys' : 'teams']: parts };
  });
}

function groupRows(rows: readonly DailySpend[], byKey: boolean): ReadonlyMap<string, readonly DailySpend[]> {
  const groups = new Map<string, DailySpend[]>();
  for (const row of rows) {
    const id = byKey ? row.keyHash : row.team;
    groups.set(id, [...(groups.get(id) ?? []), row]);
  }
  return groups;
}

function sum(rows: readonly DailySpend[]): number {
  return rows.reduce((total, { spend }) => total + spend, 0);
}

function isWithin(day: string, query: URLSearchParams): boolean {
  const [from, to] = [query.get('start_date'), query.get('end_date')];
  return (from === null || day >= from.slice(0, 10)) && (to === null || day <= to.slice(0, 10));
}

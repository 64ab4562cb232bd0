import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../../cluster/meta/clock.ts';
import { withBudgetPeriod } from './budget.ts';
import type { DailySpend, GatewayState, KeyRecord, TeamRecord } from './records.ts';

const MAX_KEYS = 10_000;
const MAX_TEAMS = 1_000;
const MAX_DAILY = 20_000;
/** Spend is written down this long after it was made; changes of keys and teams at once. */
const SPEND_DELAY_MS = 1_000;

export class StoreFullError extends Error {}

export interface Charge {
  readonly keyHash: string | undefined;
  readonly teamId: string | undefined;
  readonly model: string;
  readonly spend: number;
  readonly tokens: number;
}

export interface KeyStoreOptions {
  readonly clock: Clock;
  readonly initial: GatewayState | undefined;
  /** Writes the state down; may throw, and then the change is refused. */
  readonly save: (state: GatewayState) => void;
  /** Told when spend could not be written down in the background. */
  readonly onSaveError: (error: unknown) => void;
}

/** Keys, teams and what they spent. Keys are kept as hashes only. */
export class KeyStore {
  readonly #options: KeyStoreOptions;
  readonly #keys: Map<string, KeyRecord>;
  readonly #teams: Map<string, TeamRecord>;
  readonly #daily: Map<string, DailySpend>;
  #pendingSave: Disposable | undefined;

  constructor(options: KeyStoreOptions) {
    this.#options = options;
    this.#keys = new Map(options.initial?.keys.map((key) => [key.hash, key]));
    this.#teams = new Map(options.initial?.teams.map((team) => [team.id, team]));
    this.#daily = new Map(options.initial?.daily.map((row) => [dailyKey(row), row]));
  }

  keys(): readonly KeyRecord[] {
    return [...this.#keys.values()].map((key) => this.#now(key));
  }

  teams(): readonly TeamRecord[] {
    return [...this.#teams.values()].map((team) => this.#now(team));
  }

  daily(): readonly DailySpend[] {
    return [...this.#daily.values()];
  }

  key(hash: string): KeyRecord | undefined {
    const key = this.#keys.get(hash);
    return key === undefined ? undefined : this.#now(key);
  }

  team(id: string): TeamRecord | undefined {
    const team = this.#teams.get(id);
    return team === undefined ? undefined : this.#now(team);
  }

  putKey(key: KeyRecord): void {
    if (!this.#keys.has(key.hash) && this.#keys.size >= MAX_KEYS)
      throw new StoreFullError(`There are ${MAX_KEYS} keys already. Delete some.`);
    this.#change(this.#keys, key.hash, key);
  }

  putTeam(team: TeamRecord): void {
    if (!this.#teams.has(team.id) && this.#teams.size >= MAX_TEAMS) throw new StoreFullError(`There are ${MAX_TEAMS} teams already.`);
    this.#change(this.#teams, team.id, team);
  }

  deleteKey(hash: string): void {
    this.#change(this.#keys, hash, undefined);
  }

  /** Books what a request cost on its key, its team and its day. */
  charge({ keyHash, teamId, model, spend, tokens }: Charge): void {
    const key = keyHash === undefined ? undefined : this.key(keyHash);
    const team = teamId === undefined ? undefined : this.team(teamId);
    if (key !== undefined) this.#keys.set(key.hash, { ...key, spend: key.spend + spend });
    if (team !== undefined) this.#teams.set(team.id, { ...team, spend: team.spend + spend });
    const day = new Date(this.#options.clock.now()).toISOString().slice(0, 10);
    const row = { day, team: teamId ?? '', keyHash: keyHash ?? '', model };
    const before = this.#daily.get(dailyKey(row));
    this.#daily.set(dailyKey(row), {
      ...row,
      spend: (before?.spend ?? 0) + spend,
      requests: (before?.requests ?? 0) + 1,
      tokens: (before?.tokens ?? 0) + tokens,
    });
    if (this.#daily.size > MAX_DAILY) this.#daily.delete(this.#daily.keys().next().value ?? '');
    this.#pendingSave ??= this.#options.clock.after(SPEND_DELAY_MS, () => this.flush());
  }

  /** Writes down what is not yet; never throws. */
  flush(): void {
    if (this.#pendingSave === undefined) return;
    this.#pendingSave[Symbol.dispose]();
    this.#pendingSave = undefined;
    try {
      this.#save();
    } catch (error) {
      this.#options.onSaveError(error);
    }
  }

  /** A change that cannot be written down is taken back. */
  #change<T>(map: Map<string, T>, id: string, value: T | undefined): void {
    const before = map.get(id);
    if (value === undefined) map.delete(id);
    else map.set(id, value);
    try {
      this.#save();
    } catch (error) {
      if (before === undefined) map.delete(id);
      else map.set(id, before);
      throw error;
    }
  }

  #save(): void {
    this.#options.save({ version: 1, keys: [...this.#keys.values()], teams: [...this.#teams.values()], daily: this.daily().slice() });
  }

  #now<T extends KeyRecord | TeamRecord>(record: T): T {
    return withBudgetPeriod(record, this.#options.clock.now());
  }
}

function dailyKey({ day, team, keyHash, model }: Pick<DailySpend, 'day' | 'team' | 'keyHash' | 'model'>): string {
  return [day, team, keyHash, model].join('\u0000');
}

export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export function newKey(): string {
  return `sk-${randomBytes(16).toString('base64url')}`;
}

export function keyName(key: string): string {
  return `sk-...${key.slice(-4)}`;
}

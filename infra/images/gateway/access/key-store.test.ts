import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../cluster/meta/manual-clock.ts';
import { isOverBudget, withBudgetPeriod } from './budget.ts';
import { parseDuration } from './duration.ts';
import { hashKey, KeyStore } from './key-store.ts';
import type { KeyRecord, TeamRecord } from './records.ts';
import { readStateFile, StateFileError, writeStateFile } from './state-file.ts';

const clock = new ManualClock();
const common = { models: [], spend: 0, blocked: false, metadata: {}, createdAtMs: 0 };
const team: TeamRecord = { ...common, id: 'red', maxBudget: 1 };
const key = (more: Partial<KeyRecord> = {}): KeyRecord => ({
  ...common,
  hash: hashKey('sk-one-0001'),
  name: 'sk-...0001',
  modelRpmLimit: {},
  modelTpmLimit: {},
  ...more,
});
let folder: string;
let file: string;
let problems: unknown[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gateway-state-'));
  file = path.join(folder, 'deep/state.json');
  problems = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (save = (state: Parameters<typeof writeStateFile>[1]) => writeStateFile(file, state)): KeyStore =>
  new KeyStore({ clock, initial: readStateFile(file), save, onSaveError: (error) => problems.push(error) });

describe('keys at rest', () => {
  it('survive a restart with their spend, as hashes that only their owner can read', async () => {
    const store = open();
    store.putTeam(team);
    store.putKey(key({ teamId: 'red' }));
    store.charge({ keyHash: key().hash, teamId: 'red', model: 'chat', spend: 0.25, tokens: 10 });
    await clock.advance(1_000);
    const again = open();
    expect(again.key(key().hash)?.spend).toBe(0.25);
    expect(again.team('red')?.spend).toBe(0.25);
    expect(again.daily()).toMatchObject([{ team: 'red', model: 'chat', spend: 0.25, tokens: 10, requests: 1 }]);
    expect(readFileSync(file, 'utf8')).not.toContain('sk-one-0001');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('a change that cannot be written down is no change', () => {
    const store = open(() => {
      throw new StateFileError('full');
    });
    expect(() => store.putKey(key())).toThrow('full');
    expect(store.key(key().hash)).toBeUndefined();
    store.charge({ keyHash: undefined, teamId: undefined, model: 'chat', spend: 1, tokens: 1 });
    store.flush();
    expect(problems).toHaveLength(1);
  });

  it('are not overwritten when the file is something else', () => {
    const other = path.join(folder, 'other.json');
    writeFileSync(other, '{"version":2}');
    expect(() => readStateFile(other)).toThrow(/holds no state of this gateway.*Move it away/s);
    expect(readStateFile(path.join(folder, 'none.json'))).toBeUndefined();
  });
});

describe('budgets', () => {
  it.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
    ['1mo', 2_592_000_000],
    ['0d', undefined],
    ['1y', undefined],
    ['d', undefined],
  ])('%s is %s milliseconds', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it('are spent when the spend has reached them, and begin anew with their period', () => {
    const spent = key({ spend: 1, maxBudget: 1, budgetDuration: '1h', budgetResetAtMs: 3_600_000 });
    expect(isOverBudget(spent)).toBe(true);
    expect(isOverBudget({ ...spent, spend: 0.99 })).toBe(false);
    expect(withBudgetPeriod(spent, 3_599_999)).toBe(spent);
    expect(withBudgetPeriod(spent, 3 * 3_600_000 + 5)).toMatchObject({ spend: 0, budgetResetAtMs: 4 * 3_600_000 });
    expect(isOverBudget(key({ spend: 1e9 }))).toBe(false);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../cluster/meta/manual-clock.ts';
import { hashKey, KeyRing, KeysFileError, parseKeys } from './keys.ts';
import { Ledger, priceOf } from './ledger.ts';

const organizations = [{ id: 'org-1', name: 'Ours', monthlyLimitUsd: 1 }];
const file = (keys: readonly object[]): string => JSON.stringify({ organizations, keys });

describe('the keys file', () => {
  it('takes hashes and keys, and holds hashes alone', () => {
    const keys = parseKeys(
      file([
        { id: 'hashed', sha256: hashKey('sk-hashed-1'), organization: 'org-1', team: 'support' },
        { id: 'plain', key: 'sk-plain-22', organization: 'org-1' },
      ]),
    );
    expect(keys.get(hashKey('sk-hashed-1'))).toMatchObject({ id: 'hashed', team: 'support', organization: { name: 'Ours' } });
    expect(JSON.stringify([...keys])).not.toContain('sk-plain-22');
    expect(keys.get(hashKey('sk-plain-22'))?.id).toBe('plain');
  });

  it.each([
    ['{ "organizations": [sk-oops-123', 'not JSON'],
    [file([{ id: 'a', organization: 'org-1' }]), 'either `sha256` or `key`'],
    [file([{ id: 'a', key: 'sk-12345678', organization: 'org-2' }]), 'no organization org-2'],
    [file([1, 2].map((index) => ({ id: 'a', key: `sk-1234567${index}`, organization: 'org-1' }))), 'two keys'],
    [file([{ id: 'a', key: 'sk-12345678', organization: 'org-1', rpm: 3 }]), 'rpm'],
  ])('refuses %s', (text, message) => {
    expect(() => parseKeys(text)).toThrow(KeysFileError);
    expect(() => parseKeys(text)).toThrow(message);
    expect(() => parseKeys(text)).not.toThrow(/sk-/);
  });
});

describe('KeyRing', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'keys-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('follows its file, and keeps what it had when the file is broken', async () => {
    const clock = new ManualClock();
    const name = path.join(folder, 'keys.json');
    writeFileSync(name, file([{ id: 'old', key: 'sk-old-12345', organization: 'org-1' }]));
    const ring = new KeyRing(name, clock);
    writeFileSync(name, file([{ id: 'newer', key: 'sk-newer-12345', organization: 'org-1' }]));
    await clock.advance(1_000);
    expect([ring.find('sk-old-12345')?.id, ring.find('sk-newer-12345')?.id]).toEqual([undefined, 'newer']);
    writeFileSync(name, '{');
    await clock.advance(1_000);
    expect(ring.find('sk-newer-12345')?.id).toBe('newer');
  });
});

describe('Ledger', () => {
  const [key] = [...parseKeys(file([{ id: 'k', key: 'sk-12345678', organization: 'org-1' }])).values()];
  const usage = { inputTokens: 1_000, cachedInputTokens: 4_000, cacheWriteTokens: 200, outputTokens: 500 };
  const price = { inputUsd: 2, cachedInputUsd: 0.5, cacheWriteUsd: 2.5, outputUsd: 8 };

  it('prices each kind of token', () => {
    expect(priceOf(usage, price)).toBeCloseTo(0.002 + 0.002 + 0.0005 + 0.004, 12);
  });

  it('knows when a month’s money is spent, and that months end', async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 31, 23, 59));
    const ledger = new Ledger(clock);
    ledger.charge(key!, usage, 0.6);
    expect(ledger.hasSpentAll(key!)).toBe(false);
    ledger.charge(key!, usage, 0.4);
    ledger.refuse('k');
    expect(ledger.hasSpentAll(key!)).toBe(true);
    await clock.advance(60_000);
    expect(ledger.hasSpentAll(key!)).toBe(false);
    expect(ledger.usage('k')).toMatchObject({ requests: 2, refused: 1, outputTokens: 1_000, usd: 1 });
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import { describeStore } from '../testing/store-suite.ts';
import { DataInUseError } from './data-lock.ts';
import { translateFault } from './fault-translation.ts';
import { readSetting, writeSetting } from './settings.ts';
import { openStore, type Store } from './store.ts';

describeStore('SQLite', async () => undefined);

describe('the data folder', () => {
  const open = (dataDir: string): Promise<Store> =>
    openStore({ dataDir, databaseUrl: undefined, log: createLogger('silent'), onLockLost: () => undefined });

  it('belongs to one server at a time, and what was written is there for the next', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'drillhouse-lock-'));
    try {
      const first = await open(dataDir);
      await writeSetting(first.db, 'k', 'v');
      const refusal = await open(dataDir).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(DataInUseError);
      expect((refusal as Error).message).toContain(`process ${process.pid}`);
      expect(await readSetting(first.db, 'k')).toBe('v');
      await first[Symbol.asyncDispose]();
      const second = await open(dataDir);
      expect(await readSetting(second.db, 'k')).toBe('v');
      await second.flush();
      await second[Symbol.asyncDispose]();
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});

describe('faults of the engines', () => {
  it.each(['SQLITE_FULL', 'ENOSPC', 'EDQUOT', '53100'])('%s is a full disk', (code) => {
    expect(translateFault(Object.assign(new Error('x'), { code }))).toMatchObject({ name: 'AppError', code: 'StorageFull' });
  });

  it('others stay what they are', () => {
    const error = Object.assign(new Error('x'), { code: 'SQLITE_BUSY' });
    expect(translateFault(error)).toBe(error);
    expect(translateFault('text')).toBe('text');
  });
});

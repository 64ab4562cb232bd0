import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newId } from '../ids.ts';
import { createLogger } from '../log.ts';
import type { PersonRow } from '../store/schema.ts';
import { openStore, type Store } from '../store/store.ts';

/** A store of its own for one test, SQLite in a folder that goes with it. */
export async function openTestStore(databaseUrl?: string): Promise<Store & { readonly dataDir: string }> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'drillhouse-store-'));
  const store = await openStore({ dataDir, databaseUrl, log: createLogger('silent'), onLockLost: () => undefined });
  return {
    ...store,
    dataDir,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function addPerson(store: Pick<Store, 'db'>, role: PersonRow['role'] = 'trainee'): Promise<PersonRow> {
  const id = newId('person');
  const row: PersonRow = {
    id,
    name: `Person ${id.slice(-4)}`,
    email: `${id}@example.com`,
    role,
    state: 'active',
    password_hash: null,
    created_at_ms: 0,
    last_seen_at_ms: null,
  };
  await store.db.insertInto('people').values(row).execute();
  return row;
}

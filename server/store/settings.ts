import { newToken } from '../ids.ts';
import type { Db, Tx } from './schema.ts';

/** Small values that outlive a restart. */
export async function readSetting(db: Db, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value;
}

export async function writeSetting(db: Db, key: string, value: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}

/**
 * Holds a setting until the transaction ends, in both databases: whoever else holds it waits, also in another server, and then sees what this one has stored.
 * Makes it with `initial` where there is none; otherwise nothing is changed by it.
 */
export async function holdSetting(tx: Tx, key: string, initial: string): Promise<void> {
  await tx
    .insertInto('settings')
    .values({ key, value: initial })
    .onConflict((conflict) => conflict.column('key').doUpdateSet((eb) => ({ value: eb.ref('settings.value') })))
    .execute();
}

/** The installation's own secret, made at its first start. Keys the CSRF tokens. */
export async function installationSecret(db: Db): Promise<string> {
  const key = 'installation-secret';
  const known = await readSetting(db, key);
  if (known !== undefined) return known;
  // Servers that start at the same time on an empty database must agree on one: the first stays.
  await db
    .insertInto('settings')
    .values({ key, value: newToken() })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const agreed = await readSetting(db, key);
  if (agreed === undefined) throw new Error('The secret of the installation was not kept.');
  return agreed;
}

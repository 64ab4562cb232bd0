import { newToken } from '../ids.ts';
import type { Db } from './schema.ts';

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

/** The installation's own secret, made at its first start. Keys the CSRF tokens. */
export async function installationSecret(db: Db): Promise<string> {
  const known = await readSetting(db, 'installation-secret');
  if (known !== undefined) return known;
  const secret = newToken();
  await writeSetting(db, 'installation-secret', secret);
  return secret;
}

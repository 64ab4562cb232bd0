import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { JWK } from 'jose';
import { codeOf } from '../app-error.ts';
import type { Db } from '../store/schema.ts';

/** Where the private halves of keys are kept. What was kept once is never changed. */
export interface PrivateKeys {
  keep(id: string, jwk: JWK): Promise<void>;
  /** Undefined when it was never kept, or is lost. */
  find(id: string): Promise<JWK | undefined>;
}

/** The sealed keys cannot be opened. The message says what to do. */
export class SealedKeyError extends Error {
  constructor(cause: unknown) {
    super(
      'The keys that sign badges are in the database under another KEYS_SECRET. Set the one that they were made with; without it, remove the rows of the table private_keys, and a new key signs from then on.',
      { cause },
    );
    this.name = 'SealedKeyError';
  }
}

/** Files that only the server's user may read, for a server that is alone: a dump of the database signs nothing. */
export function keyFiles(dir: string): PrivateKeys {
  const fileOf = (id: string): string => path.join(dir, `${id}.jwk`);
  return {
    keep: async (id, jwk) => {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await writeFile(fileOf(id), JSON.stringify(jwk), { mode: 0o600, flag: 'wx' });
    },
    find: async (id) => {
      try {
        return JSON.parse(await readFile(fileOf(id), 'utf8')) as JWK;
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    },
  };
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * In the database, where every server finds them, under a secret that is not in it: a dump signs nothing here either. Each is bound to its id, so that none can
 * be put in another's place. What only `earlier` has, from the time of one server, is kept here from then on.
 */
export function sealedKeys(db: Db, secret: string, earlier?: Pick<PrivateKeys, 'find'>): PrivateKeys {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'drillhouse signing keys', 32));
  const keep = async (id: string, jwk: JWK): Promise<void> => {
    await db
      .insertInto('private_keys')
      .values({ key_id: id, sealed: seal(key, id, JSON.stringify(jwk)).toString('base64url') })
      // Another server may have found the same one.
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  };
  return {
    keep,
    find: async (id) => {
      const row = await db.selectFrom('private_keys').select('sealed').where('key_id', '=', id).executeTakeFirst();
      if (row !== undefined) return JSON.parse(open(key, id, Buffer.from(row.sealed, 'base64url'))) as JWK;
      const found = await earlier?.find(id);
      if (found !== undefined) await keep(id, found);
      return found;
    },
  };
}

function seal(key: Buffer, id: string, text: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(id));
  return Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Buffer, id: string, sealed: Buffer): string {
  try {
    const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(id))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString();
  } catch (error) {
    throw new SealedKeyError(error);
  }
}

import { calculateJwkThumbprint, CompactSign, exportJWK, generateKeyPair, importJWK, type CryptoKey } from 'jose';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Db } from '../store/schema.ts';
import { holdSetting } from '../store/settings.ts';
import type { PrivateKeys } from './private-keys.ts';

export const SIGNING_ALGORITHM = 'EdDSA';

/** Held while the key that signs changes, so that of servers that start together one makes it. */
const TURN_SETTING = 'signing-keys';

/** The public half of a key, as it is published. */
export interface PublicKey {
  /** The RFC 7638 thumbprint: an id that follows from the key. */
  readonly id: string;
  readonly jwk: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  readonly createdAtMs: number;
  readonly retiredAtMs: number | null;
}

/** The key that signs now. */
export interface SigningKey {
  readonly id: string;
  /** A compact JWS over `payload`. @param kid the address where the key can be fetched */
  sign(payload: object, kid: string, typ: 'JWT' | 'vc+jwt'): Promise<string>;
}

interface SigningKeyParts {
  readonly db: Db;
  readonly privateKeys: PrivateKeys;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The Ed25519 keys that sign badges. One signs; those before it are kept, so that what they signed still verifies. Which one signs is read from the store each
 * time, because another server may have changed it.
 */
export class SigningKeys {
  readonly #parts: SigningKeyParts;
  #current: SigningKey | undefined;

  private constructor(parts: SigningKeyParts) {
    this.#parts = parts;
  }

  /** Finds the key that signs, or makes one when there is none or its private half is gone. Throws SealedKeyError. */
  static async open(parts: SigningKeyParts): Promise<SigningKeys> {
    const keys = new SigningKeys(parts);
    await keys.current();
    return keys;
  }

  async current(): Promise<SigningKey> {
    const newest = (await this.list()).filter(({ retiredAtMs }) => retiredAtMs === null).at(-1);
    if (this.#current !== undefined && this.#current.id === newest?.id) return this.#current;
    const jwk = newest === undefined ? undefined : await this.#parts.privateKeys.find(newest.id);
    if (newest !== undefined && jwk === undefined)
      this.#parts.log.warn({ key: newest.id }, 'the private half of the key that signs badges is gone; a new key signs from now on');
    const key = jwk === undefined ? undefined : await importJWK(jwk, SIGNING_ALGORITHM);
    if (newest === undefined || key === undefined || key instanceof Uint8Array) return this.#replace(newest?.id);
    return (this.#current = signWith(newest.id, key));
  }

  /** The oldest first; the last one signs. */
  async list(): Promise<readonly PublicKey[]> {
    const rows = await this.#parts.db.selectFrom('signing_keys').selectAll().orderBy('created_at_ms').orderBy('retired_at_ms').execute();
    return rows.map((row) => ({
      id: row.id,
      jwk: JSON.parse(row.public_jwk) as PublicKey['jwk'],
      createdAtMs: row.created_at_ms,
      retiredAtMs: row.retired_at_ms,
    }));
  }

  async find(id: string): Promise<PublicKey | undefined> {
    return (await this.list()).find((key) => key.id === id);
  }

  /** From now on a new key signs. Answers its id. */
  async rotate(): Promise<string> {
    return (await this.#replace((await this.current()).id)).id;
  }

  /** By a new one, unless another server has just done that. */
  async #replace(oldId: string | undefined): Promise<SigningKey> {
    const { db, privateKeys, clock } = this.#parts;
    const pair = await generateKeyPair(SIGNING_ALGORITHM, { crv: 'Ed25519', extractable: true });
    const { kty, crv, x } = await exportJWK(pair.publicKey);
    const id = await calculateJwkThumbprint({ kty, crv, x } as PublicKey['jwk']);
    // The private half is there before the row, so that a crash between the two leaves no key that cannot sign.
    await privateKeys.keep(id, await exportJWK(pair.privateKey));
    const nowMs = clock.now();
    const isOurs = await db.transaction().execute(async (tx) => {
      await holdSetting(tx, TURN_SETTING, '');
      const signing = await tx.selectFrom('signing_keys').select('id').where('retired_at_ms', 'is', null).execute();
      if (signing.some((row) => row.id !== oldId)) return false;
      await tx.updateTable('signing_keys').set({ retired_at_ms: nowMs }).where('retired_at_ms', 'is', null).execute();
      await tx
        .insertInto('signing_keys')
        .values({ id, public_jwk: JSON.stringify({ kty, crv, x }), created_at_ms: nowMs, retired_at_ms: null })
        .execute();
      return true;
    });
    if (!isOurs) return this.current();
    return (this.#current = signWith(id, pair.privateKey));
  }
}

function signWith(id: string, key: CryptoKey): SigningKey {
  return {
    id,
    sign: (payload, kid, typ) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(payload))).setProtectedHeader({ alg: SIGNING_ALGORITHM, kid, typ }).sign(key),
  };
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { calculateJwkThumbprint, CompactSign, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { codeOf } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Db } from '../store/schema.ts';

export const SIGNING_ALGORITHM = 'EdDSA';

/** The public half of a key, as it is published. */
export interface PublicKey {
  /** The RFC 7638 thumbprint: an id that follows from the key. */
  readonly id: string;
  readonly jwk: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  readonly createdAtMs: number;
  readonly retiredAtMs: number | null;
}

interface SigningKeyParts {
  readonly db: Db;
  /** Private keys are files in it that only the server's user may read. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The Ed25519 keys that sign badges. One signs; those before it are kept, so that what they signed still verifies. Public halves are in the
 * store; private ones are files beside it, so that a dump of the database signs nothing.
 */
export class SigningKeys {
  readonly #parts: SigningKeyParts;
  #current: { readonly id: string; readonly key: CryptoKey };
  #known: ReadonlyMap<string, PublicKey>;

  private constructor(parts: SigningKeyParts, current: { id: string; key: CryptoKey }, known: ReadonlyMap<string, PublicKey>) {
    this.#parts = parts;
    this.#current = current;
    this.#known = known;
  }

  /** Finds the key that signs, or makes one when there is none or its file is gone. */
  static async open(parts: SigningKeyParts): Promise<SigningKeys> {
    await mkdir(parts.dir, { recursive: true, mode: 0o700 });
    const newest = (await readKeys(parts.db)).filter(({ retiredAtMs }) => retiredAtMs === null).at(-1);
    const key = newest === undefined ? undefined : await readPrivate(parts.dir, newest.id);
    if (newest !== undefined && key === undefined)
      parts.log.warn({ key: newest.id }, 'the file of the key that signs badges is gone; a new key signs from now on');
    const current = newest === undefined || key === undefined ? await makeKey(parts) : { id: newest.id, key };
    return new SigningKeys(parts, current, await readKnown(parts.db));
  }

  get currentId(): string {
    return this.#current.id;
  }

  /** The oldest first; the last one signs. */
  get known(): readonly PublicKey[] {
    return [...this.#known.values()];
  }

  find(id: string): PublicKey | undefined {
    return this.#known.get(id);
  }

  /** A compact JWS over `payload`. @param kid the address where the key can be fetched */
  async sign(payload: object, kid: string, typ: 'JWT' | 'vc+jwt'): Promise<string> {
    return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid, typ })
      .sign(this.#current.key);
  }

  /** From now on a new key signs. Answers its id. */
  async rotate(): Promise<string> {
    this.#current = await makeKey(this.#parts);
    this.#known = await readKnown(this.#parts.db);
    return this.#current.id;
  }
}

/** The file is there before the row, so that a crash between the two leaves no key that cannot sign. */
async function makeKey({ db, dir, clock }: SigningKeyParts): Promise<{ id: string; key: CryptoKey }> {
  const pair = await generateKeyPair(SIGNING_ALGORITHM, { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(pair.publicKey);
  const id = await calculateJwkThumbprint(jwk);
  const nowMs = clock.now();
  await writeFile(fileOf(dir, id), JSON.stringify(await exportJWK(pair.privateKey)), { mode: 0o600, flag: 'wx' });
  await db.transaction().execute(async (tx) => {
    await tx.updateTable('signing_keys').set({ retired_at_ms: nowMs }).where('retired_at_ms', 'is', null).execute();
    await tx
      .insertInto('signing_keys')
      .values({ id, public_jwk: JSON.stringify({ kty: jwk.kty, crv: jwk.crv, x: jwk.x }), created_at_ms: nowMs, retired_at_ms: null })
      .execute();
  });
  return { id, key: pair.privateKey };
}

async function readKeys(db: Db): Promise<PublicKey[]> {
  const rows = await db.selectFrom('signing_keys').selectAll().orderBy('created_at_ms').orderBy('retired_at_ms').execute();
  return rows.map((row) => ({
    id: row.id,
    jwk: JSON.parse(row.public_jwk) as PublicKey['jwk'],
    createdAtMs: row.created_at_ms,
    retiredAtMs: row.retired_at_ms,
  }));
}

async function readKnown(db: Db): Promise<ReadonlyMap<string, PublicKey>> {
  return new Map((await readKeys(db)).map((key) => [key.id, key]));
}

async function readPrivate(dir: string, id: string): Promise<CryptoKey | undefined> {
  try {
    const key = await importJWK(JSON.parse(await readFile(fileOf(dir, id), 'utf8')) as JWK, SIGNING_ALGORITHM);
    return key instanceof Uint8Array ? undefined : key;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function fileOf(dir: string, id: string): string {
  return path.join(dir, `${id}.jwk`);
}

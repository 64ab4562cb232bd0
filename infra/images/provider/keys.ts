import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import type { Clock } from '../../cluster/meta/clock.ts';
import { log } from '../inference/log.ts';

const name = z.string().min(1).max(100);
const perMinute = z.number().positive().max(1e9).optional();

const keySchema = z
  .strictObject({
    id: name,
    /** Hexadecimal SHA-256 of the key; how a key should stand in a file. */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    /** The key itself, for labs whose templates cannot hash. Hashed when it is read and not kept. */
    key: z.string().min(8).max(200).optional(),
    organization: name,
    team: name.optional(),
    /** From here on the vendor says that the key has expired. */
    expiresAt: z.iso.datetime().optional(),
    /** In place of the model's own limits, for each model. */
    limitsPerMinute: z.strictObject({ requests: perMinute, tokens: perMinute, inputTokens: perMinute, outputTokens: perMinute }).optional(),
    maxConcurrent: z.int().min(1).max(10_000).default(64),
  })
  .refine((key) => (key.sha256 === undefined) !== (key.key === undefined), 'either `sha256` or `key` must be there, and not both');

export const keysFileSchema = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        id: name,
        name,
        /** US dollars a calendar month (UTC). Absent: no limit. */
        monthlyLimitUsd: z.number().nonnegative().optional(),
      }),
    )
    .min(1)
    .max(100),
  keys: z.array(keySchema).max(1_000),
});

export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly monthlyLimitUsd: number | undefined;
}

export interface ApiKey {
  readonly id: string;
  readonly organization: Organization;
  readonly team: string | undefined;
  readonly expiresAtMs: number | undefined;
  readonly limitsPerMinute: z.infer<typeof keySchema>['limitsPerMinute'];
  readonly maxConcurrent: number;
}

export class KeysFileError extends Error {}

/** Hexadecimal SHA-256. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Throws KeysFileError with every problem of the text. The keys are by their hashes. */
export function parseKeys(text: string): ReadonlyMap<string, ApiKey> {
  const file = parseKeysFile(text);
  const organizations = new Map(file.organizations.map((one) => [one.id, { ...one, monthlyLimitUsd: one.monthlyLimitUsd }]));
  const keys = new Map<string, ApiKey>();
  const ids = new Set<string>();
  for (const { sha256, key, ...rest } of file.keys) {
    const organization = organizations.get(rest.organization);
    if (organization === undefined) throw new KeysFileError(`key ${rest.id}: there is no organization ${rest.organization}`);
    if (ids.has(rest.id)) throw new KeysFileError(`two keys have the id ${rest.id}`);
    ids.add(rest.id);
    keys.set(sha256 ?? hashKey(key ?? ''), {
      id: rest.id,
      organization,
      team: rest.team,
      expiresAtMs: rest.expiresAt === undefined ? undefined : Date.parse(rest.expiresAt),
      limitsPerMinute: rest.limitsPerMinute,
      maxConcurrent: rest.maxConcurrent,
    });
  }
  return keys;
}

function parseKeysFile(text: string): z.infer<typeof keysFileSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may hold a key.
    throw new KeysFileError('the keys file is not JSON');
  }
  const result = keysFileSchema.safeParse(json);
  if (result.success) return result.data;
  throw new KeysFileError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}

/** A mounted Secret changes under the program's feet; looking more often than this is of no use. */
const LOOK_AGAIN_MS = 1_000;

/** The keys of a file, read again when it has changed. A file that has become wrong leaves the keys as they were and is said in the log. */
export class KeyRing {
  readonly #file: string;
  readonly #clock: Clock;
  #keys: ReadonlyMap<string, ApiKey>;
  #version: string;
  #lookedAtMs: number;

  /** Throws KeysFileError or the file system's error. */
  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
    this.#version = versionOf(file);
    this.#keys = parseKeys(readFileSync(file, 'utf8'));
    this.#lookedAtMs = clock.now();
  }

  find(key: string): ApiKey | undefined {
    this.#refresh();
    return this.#keys.get(hashKey(key));
  }

  all(): readonly ApiKey[] {
    this.#refresh();
    return [...this.#keys.values()];
  }

  #refresh(): void {
    if (this.#clock.now() - this.#lookedAtMs < LOOK_AGAIN_MS) return;
    this.#lookedAtMs = this.#clock.now();
    try {
      const version = versionOf(this.#file);
      if (version === this.#version) return;
      this.#version = version;
      this.#keys = parseKeys(readFileSync(this.#file, 'utf8'));
      log('info', 'keys read again', { keys: this.#keys.size });
    } catch (error) {
      log('error', 'the keys file cannot be used; the keys stay as they were', {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

function versionOf(file: string): string {
  const { mtimeMs, ino, size } = statSync(file);
  return `${mtimeMs}:${ino}:${size}`;
}

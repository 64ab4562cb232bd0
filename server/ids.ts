import { createHash, randomBytes } from 'node:crypto';

/** 32 letters and digits, so that a random byte's low five bits choose without bias. */
const ALPHABET = 'abcdefghijkmnopqrstuvwxyz2345679';
const ID_LENGTH = 20;
const TOKEN_BYTES = 32;

export const idPrefixes = {
  person: 'pr',
  link: 'ln',
  session: 'se',
  cohort: 'co',
  attempt: 'at',
  sandbox: 'sb',
  terminal: 'tm',
  recording: 'rc',
  message: 'ms',
  token: 'tk',
  import: 'ip',
  certificate: 'ct',
  improvement: 'im',
  appeal: 'ap',
  drill: 'dr',
  interview: 'iv',
  mentorship: 'mt',
  comment: 'cm',
} as const;
export type IdKind = keyof typeof idPrefixes;

/** An id of 100 random bits: a prefix that names the kind and 20 characters. */
export function newId(kind: IdKind): string {
  const letters = Array.from(randomBytes(ID_LENGTH), (byte) => ALPHABET.charAt(byte & 31));
  return `${idPrefixes[kind]}_${letters.join('')}`;
}

/** A bearer secret of 256 random bits for sessions and links. Only {@link hashToken} of it is ever stored. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** A plain hash is enough: the tokens are random, so there is no dictionary to try. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

import { randomInt } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { toInstant } from '../clock.ts';
import type { BadgeSite } from './badge.ts';

/** The least that W3C's Bitstring Status List 1.0 allows: a list of few would tell who is on it. */
export const LIST_BITS = 131_072;
/** A list is given out until it is half full, so that a free place is found at once. */
const GIVEN_OUT_OF_A_LIST = LIST_BITS / 2;
/** How long verifiers may keep the list. */
const KEEP_MS = 300_000;

export interface StatusPlace {
  readonly list: number;
  readonly index: number;
}

/** A place at random, because numbers in order would tell who was certified together. The store refuses one that is taken; try again. */
export function planPlace(issuedSoFar: number): StatusPlace {
  return { list: 1 + Math.floor(issuedSoFar / GIVEN_OUT_OF_A_LIST), index: randomInt(LIST_BITS) };
}

/** Bit 0 is the leftmost of the first byte; gzip, base64url without padding, and multibase's `u` in front. */
export function encodeList(revoked: readonly number[]): string {
  const bytes = Buffer.alloc(LIST_BITS / 8);
  for (const index of revoked) {
    const byte = Math.floor(index / 8);
    bytes.writeUInt8(bytes.readUInt8(byte) | (0x80 >> (index % 8)), byte);
  }
  return `u${gzipSync(bytes).toString('base64url')}`;
}

/** The BitstringStatusListCredential that verifiers fetch. Pure. */
export function planStatusList(list: number, revoked: readonly number[], site: BadgeSite, nowMs: number): object {
  const id = site.statusList(list);
  return {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    id,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer: site.did,
    validFrom: toInstant(nowMs),
    credentialSubject: {
      id: `${id}#list`,
      type: 'BitstringStatusList',
      statusPurpose: 'revocation',
      encodedList: encodeList(revoked),
      ttl: KEEP_MS,
    },
  };
}

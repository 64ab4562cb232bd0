import type { BadgeSite } from './badge.ts';
import { SIGNING_ALGORITHM, type PublicKey } from './signing-keys.ts';

/** A key as verifiers fetch it. `kid` is the address it is fetched from, which is what signatures name. */
export function publishKey({ id, jwk }: PublicKey, site: BadgeSite): Readonly<Record<string, unknown>> {
  return { ...jwk, kid: site.key(id), alg: SIGNING_ALGORITHM, use: 'sig' };
}

/** RFC 7517. Retired keys stay: what they signed is still good. */
export function planKeySet(keys: readonly PublicKey[], site: BadgeSite): object {
  return { keys: keys.map((key) => publishKey(key, site)) };
}

/** The document that did:web resolves to. Only the newest key may sign from now on; all may be used to verify. */
export function planDidDocument(keys: readonly PublicKey[], site: BadgeSite): object {
  const methodId = ({ id }: PublicKey): string => `${site.did}#${id}`;
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/jwk/v1'],
    id: site.did,
    verificationMethod: keys.map((key) => ({
      id: methodId(key),
      type: 'JsonWebKey',
      controller: site.did,
      publicKeyJwk: publishKey(key, site),
    })),
    assertionMethod: keys.map(methodId),
  };
}

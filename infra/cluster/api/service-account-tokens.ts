import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Clock } from '../meta/clock.ts';
import type { ServiceAccount } from '../meta/generated/types.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { findBound, type BoundKind, type BoundObject } from './bound-token.ts';
import { serviceAccountUser, type User } from './user.ts';

export const tokenIssuer = 'https://kubernetes.default.svc.cluster.local';
const MAX_CACHED = 1_000;

const boundSchema = z.looseObject({ name: z.string(), uid: z.string() });
const boundKinds: readonly BoundKind[] = ['pod', 'secret', 'node'];

const claimsSchema = z.looseObject({
  exp: z.number(),
  jti: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  'kubernetes.io': z.looseObject({
    namespace: z.string(),
    serviceaccount: boundSchema,
    pod: boundSchema.optional(),
    secret: boundSchema.optional(),
    node: boundSchema.optional(),
  }),
});
type Claims = z.infer<typeof claimsSchema>;

export interface TokenRequestDetails {
  readonly account: ServiceAccount;
  readonly expirationSeconds: number;
  readonly audiences: readonly string[];
  /** What the token dies with. */
  readonly bound?: BoundObject;
}

/** Issues and checks the tokens of service accounts: ES256 JWTs under a key of the cluster's own. */
export class ServiceAccountTokens {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #keyId: string;
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  /** Claims of tokens whose signature was checked, by the token's hash. */
  readonly #checked = new Map<string, Claims>();

  constructor(privateKeyPem: string, store: ObjectStore, clock: Clock) {
    this.#privateKey = createPrivateKey(privateKeyPem);
    this.#publicKey = createPublicKey(this.#privateKey);
    this.#keyId = createHash('sha256')
      .update(this.#publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64url');
    this.#store = store;
    this.#clock = clock;
  }

  static newKey(): string {
    return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /** The public half of the key, as others need it to check tokens. */
  keySet(): { readonly keys: readonly object[] } {
    return { keys: [{ use: 'sig', alg: 'ES256', kid: this.#keyId, ...this.#publicKey.export({ format: 'jwk' }) }] };
  }

  async issue({
    account,
    expirationSeconds,
    audiences,
    bound,
  }: TokenRequestDetails): Promise<{ readonly token: string; readonly expiresAtMs: number }> {
    const nowSeconds = Math.floor(this.#clock.now() / 1000);
    const { name, namespace = '', uid } = account.metadata;
    const token = await new SignJWT({
      'kubernetes.io': { namespace, serviceaccount: { name, uid }, ...boundClaims(bound) },
    })
      .setProtectedHeader({ alg: 'ES256', kid: this.#keyId })
      .setIssuer(tokenIssuer)
      .setSubject(`system:serviceaccount:${namespace}:${name}`)
      .setAudience(audiences.length === 0 ? [tokenIssuer] : [...audiences])
      .setIssuedAt(nowSeconds)
      .setNotBefore(nowSeconds)
      .setExpirationTime(nowSeconds + expirationSeconds)
      .setJti(randomUUID())
      .sign(this.#privateKey);
    return { token, expiresAtMs: (nowSeconds + expirationSeconds) * 1000 };
  }

  /**
   * Whose token it is, or undefined when it is none of ours, is for none of the audiences, has expired, or its account or what it is bound to is
   * gone. Without audiences it must be for this API server.
   */
  async authenticate(token: string, audiences: readonly string[] = [tokenIssuer]): Promise<User | undefined> {
    const claims = await this.#readClaims(token);
    if (claims === undefined || claims.exp * 1000 <= this.#clock.now()) return undefined;
    if (sharedAudiences(claims, audiences).length === 0) return undefined;
    const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'];
    const account = this.#store.get('/serviceaccounts', `${namespace}/${serviceaccount.name}`);
    if (account?.metadata.uid !== serviceaccount.uid || account.metadata.deletionTimestamp !== undefined) return undefined;
    for (const kind of boundKinds) {
      const bound = claims['kubernetes.io'][kind];
      // A pod's node is told, not bound to: the token outlives the node as long as its pod does.
      if (bound === undefined || (kind === 'node' && pod !== undefined)) continue;
      if (findBound(this.#store, namespace, { kind, name: bound.name })?.metadata.uid !== bound.uid) return undefined;
    }
    const extra = {
      [`${extraPrefix}credential-id`]: [`JTI=${claims.jti}`],
      ...(node === undefined ? {} : { [`${extraPrefix}node-name`]: [node.name], [`${extraPrefix}node-uid`]: [node.uid] }),
      ...(pod === undefined ? {} : { [`${extraPrefix}pod-name`]: [pod.name], [`${extraPrefix}pod-uid`]: [pod.uid] }),
    };
    return serviceAccountUser(namespace, serviceaccount.name, serviceaccount.uid, extra);
  }

  /** Those of the audiences that an authenticated token is for. */
  async audiencesOf(token: string, audiences: readonly string[]): Promise<readonly string[]> {
    const claims = await this.#readClaims(token);
    return claims === undefined ? [] : sharedAudiences(claims, audiences);
  }

  async #readClaims(token: string): Promise<Claims | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#checked.get(key);
    if (known !== undefined) return known;
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        issuer: tokenIssuer,
        algorithms: ['ES256'],
        currentDate: new Date(this.#clock.now()),
      });
      const claims = claimsSchema.parse(payload);
      if (this.#checked.size >= MAX_CACHED) this.#checked.clear();
      this.#checked.set(key, claims);
      return claims;
    } catch {
      return undefined;
    }
  }
}

const extraPrefix = 'authentication.kubernetes.io/';

function boundClaims(bound: BoundObject | undefined): object {
  if (bound === undefined) return {};
  const { kind, name, uid, node } = bound;
  return { [kind]: { name, uid }, ...(node === undefined ? {} : { node }) };
}

function sharedAudiences({ aud }: Claims, audiences: readonly string[]): readonly string[] {
  return audiences.filter((audience) => (typeof aud === 'string' ? [aud] : aud).includes(audience));
}

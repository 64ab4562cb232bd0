import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Clock } from '../meta/clock.ts';
import type { Pod, ServiceAccount } from '../meta/generated/types.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { serviceAccountUser, type User } from './user.ts';

export const tokenIssuer = 'https://kubernetes.default.svc.cluster.local';
const MAX_CACHED = 1_000;

const claimsSchema = z.looseObject({
  exp: z.number(),
  'kubernetes.io': z.looseObject({
    namespace: z.string(),
    serviceaccount: z.looseObject({ name: z.string(), uid: z.string() }),
    pod: z.looseObject({ name: z.string(), uid: z.string() }).optional(),
  }),
});
type Claims = z.infer<typeof claimsSchema>;

export interface TokenRequestDetails {
  readonly account: ServiceAccount;
  readonly expirationSeconds: number;
  readonly audiences: readonly string[];
  /** A pod that the token dies with. */
  readonly pod?: { readonly name: string; readonly uid: string };
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

  async issue({
    account,
    expirationSeconds,
    audiences,
    pod,
  }: TokenRequestDetails): Promise<{ readonly token: string; readonly expiresAtMs: number }> {
    const nowSeconds = Math.floor(this.#clock.now() / 1000);
    const { name, namespace = '', uid } = account.metadata;
    const token = await new SignJWT({
      'kubernetes.io': { namespace, serviceaccount: { name, uid }, ...(pod === undefined ? {} : { pod }) },
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

  /** Whose token it is, or undefined when it is none of ours, has expired, or its account or pod is gone. */
  async authenticate(token: string): Promise<User | undefined> {
    const claims = await this.#readClaims(token);
    if (claims === undefined || claims.exp * 1000 <= this.#clock.now()) return undefined;
    const { namespace, serviceaccount, pod } = claims['kubernetes.io'];
    const account = this.#store.get('/serviceaccounts', `${namespace}/${serviceaccount.name}`);
    if (account?.metadata.uid !== serviceaccount.uid || account.metadata.deletionTimestamp !== undefined) return undefined;
    if (pod !== undefined && (this.#store.get('/pods', `${namespace}/${pod.name}`) as Pod | undefined)?.metadata.uid !== pod.uid)
      return undefined;
    const extra =
      pod === undefined
        ? undefined
        : { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] };
    return serviceAccountUser(namespace, serviceaccount.name, serviceaccount.uid, extra);
  }

  async #readClaims(token: string): Promise<Claims | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#checked.get(key);
    if (known !== undefined) return known;
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        issuer: tokenIssuer,
        audience: tokenIssuer,
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

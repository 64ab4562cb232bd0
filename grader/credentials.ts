import { randomBytes } from 'node:crypto';
import type { Secret } from '../infra/cluster/meta/generated/types.ts';
import { createAuthority, issueCertificate, type PemPair } from './certificates.ts';
import type { Endpoint } from './endpoint.ts';
import type { KubeObjects, ObjectRef } from './kube-objects.ts';
import { PlatformError } from './platform-error.ts';
import { fetchWorkload, keySourceOf, servingContainer } from './workload.ts';

/**
 * The entry of a Secret in the lab's namespace stands for a key beside the endpoint's own, such as another team's; `leaked` for the one that a fault gave
 * away.
 */
export type KeyChoice = 'none' | 'wrong' | 'good' | 'leaked' | { readonly secret: string; readonly entry: string };
export type ClientChoice = 'none' | 'stranger' | 'good' | 'handed-over';

/** A credential, or why the sandbox holds none: the trainee's doing, told in words. */
export type Found<T> = { readonly kind: 'found'; readonly value: T } | { readonly kind: 'absent'; readonly reason: string };

/**
 * What probes present. Keys are read from the sandbox at the moment of use; client certificates are issued on the spot by the lab's
 * authority, or by a stranger of the same name, so that nothing a trainee saw before helps to tell a probe from a client.
 */
export class Credentials {
  readonly #objects: KubeObjects;
  readonly #endpoint: Endpoint;
  readonly #authorityRef: ObjectRef;
  readonly #issued = new Map<ClientChoice, Promise<PemPair>>();
  readonly #seen = new Set<string>();
  #authority: Promise<PemPair> | undefined;

  constructor(objects: KubeObjects, endpoint: Endpoint, authorityRef: ObjectRef) {
    this.#objects = objects;
    this.#endpoint = endpoint;
    this.#authorityRef = authorityRef;
  }

  /** Texts that evidence must not hold. */
  get secrets(): readonly string[] {
    return [...this.#seen];
  }

  async key(choice: KeyChoice): Promise<Found<string | undefined>> {
    if (choice === 'none') return { kind: 'found', value: undefined };
    if (choice === 'wrong') return { kind: 'found', value: `${this.#endpoint.key.prefix}${randomBytes(16).toString('hex')}` };
    const found = await this.#find(choice);
    if (found.kind === 'found') this.#seen.add(found.value);
    return found;
  }

  async client(choice: ClientChoice): Promise<Found<PemPair | undefined>> {
    if (choice === 'none') return { kind: 'found', value: undefined };
    if (choice === 'handed-over') return this.#handedOver();
    const known = this.#issued.get(choice) ?? this.#issue(choice);
    this.#issued.set(choice, known);
    return { kind: 'found', value: await known };
  }

  /** The lab's authority. It lies where the trainee cannot write. */
  authority(): Promise<PemPair> {
    this.#authority ??= this.#fetchAuthority();
    return this.#authority;
  }

  #find(choice: Exclude<KeyChoice, 'none' | 'wrong'>): Promise<Found<string>> {
    if (choice === 'good') return this.#goodKey();
    if (choice === 'leaked') return this.#leakedKey();
    return this.#keyIn(choice.secret, choice.entry);
  }

  /** It lies beside the authority, where the trainee cannot follow what becomes of it. */
  async #leakedKey(): Promise<Found<string>> {
    const { namespace = '' } = this.#authorityRef;
    const secret = await this.#objects.find<Secret>({ kind: 'Secret', namespace, name: leakedKeyName });
    const value = secret === undefined ? undefined : decodeSecret(secret)['api-key'];
    return value === undefined ? { kind: 'absent', reason: 'No key has been given away.' } : { kind: 'found', value };
  }

  async #goodKey(): Promise<Found<string>> {
    const { env, secret: named, entry: namedEntry } = this.#endpoint.key;
    if (env === undefined) return this.#keyIn(named, namedEntry);
    const { deployment } = await fetchWorkload(this.#objects, this.#endpoint);
    const container = deployment === undefined ? undefined : servingContainer(deployment, this.#endpoint);
    const source = container === undefined ? ({ kind: 'none' } as const) : keySourceOf(container, this.#endpoint);
    if (source.kind === 'literal')
      return { kind: 'absent', reason: `The API key stands in clear text in ${source.where}; it belongs in a Secret.` };
    const { secret, entry } = source.kind === 'secret' ? source : this.#endpoint.key;
    return this.#keyIn(secret, entry);
  }

  async #keyIn(secret: string, entry: string): Promise<Found<string>> {
    const value = (await this.#secretData(secret))?.[entry];
    if (value === undefined) return { kind: 'absent', reason: `No Secret ${secret} with the entry ${entry} holds the API key.` };
    // A key that was stored with its newline works nowhere, but is the trainee's to find: it is sent as the server sees it, trimmed of nothing.
    return { kind: 'found', value };
  }

  async #handedOver(): Promise<Found<PemPair>> {
    const { clientSecret } = this.#endpoint;
    if (clientSecret === undefined) return { kind: 'absent', reason: 'The lab has no Secret for a client certificate.' };
    const data = await this.#secretData(clientSecret);
    const [cert, key] = [data?.['tls.crt'], data?.['tls.key']];
    if (cert === undefined || key === undefined)
      return { kind: 'absent', reason: `No Secret ${clientSecret} of type kubernetes.io/tls holds a client certificate.` };
    return { kind: 'found', value: { cert, key } };
  }

  async #secretData(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const secret = await this.#objects.find<Secret>({ kind: 'Secret', namespace: this.#endpoint.namespace, name });
    return secret === undefined ? undefined : decodeSecret(secret);
  }

  async #issue(choice: 'good' | 'stranger'): Promise<PemPair> {
    const commonName = `client-${randomBytes(4).toString('hex')}`;
    const authority = choice === 'good' ? await this.authority() : await createAuthority('Drillhouse lab CA');
    return issueCertificate(authority, { commonName, usage: 'client' });
  }

  async #fetchAuthority(): Promise<PemPair> {
    const secret = await this.#objects.find<Secret>(this.#authorityRef);
    const data = secret === undefined ? {} : decodeSecret(secret);
    const [cert, key] = [data['ca.crt'], data['ca.key']];
    if (cert === undefined || key === undefined)
      throw new PlatformError('CredentialsMissing', 'The sandbox has lost the lab’s certificate authority.');
    return { cert, key };
  }
}

/** The Secret in the platform's namespace in which a fault leaves the key that it gave away. */
export const leakedKeyName = 'leaked-key';

export function decodeSecret(secret: Secret): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}

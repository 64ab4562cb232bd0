import type { Clock } from '../meta/clock.ts';
import { commonNameOf, isSignedByItsKey, organizationsOf, readRequest, type RequestFacts } from '../meta/certificate-request.ts';
import { isConditionTrue } from '../meta/condition.ts';
import type { CertificateSigningRequest, CertificateSigningRequestStatus } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { CertificateAuthority, type KeyPairPem } from './certificates.ts';
import { StoreFollower } from './store-follower.ts';

export const requestStorage = 'certificates.k8s.io/certificatesigningrequests';
const YEAR_SECONDS = 365 * 86_400;
/** Clocks of clients may be a little behind. */
const BACKDATE_MS = 300_000;

export interface CertificateSignerParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly authority: KeyPairPem;
  /** Writes the outcome to a request's status. */
  readonly writeStatus: (name: string, change: (request: CertificateSigningRequest) => CertificateSigningRequest) => void;
  readonly failed: (error: unknown) => void;
}

/** What a signer makes of a request that was approved. */
export type Signing = { readonly kind: 'none' } | { readonly kind: 'refuse'; readonly reason: string } | { readonly kind: 'sign' };

interface SignerRule {
  /** What the key may be used for: all of `required`, and of `optional` any. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly isNode: boolean;
}

/** The signers of kube-controller-manager. */
const signers: Readonly<Record<string, SignerRule>> = {
  'kubernetes.io/kube-apiserver-client': { required: ['client auth'], optional: ['digital signature', 'key encipherment'], isNode: false },
  'kubernetes.io/kube-apiserver-client-kubelet': {
    required: ['client auth', 'digital signature'],
    optional: ['key encipherment'],
    isNode: true,
  },
  'kubernetes.io/kubelet-serving': { required: ['server auth', 'digital signature'], optional: ['key encipherment'], isNode: true },
};

/** Decides as kube-controller-manager's signing controllers do. Pure. */
export function planSigning({ spec, status }: CertificateSigningRequest, request: RequestFacts): Signing {
  const rule = signers[spec.signerName];
  const { conditions = [], certificate = '' } = status ?? {};
  const isOver = certificate !== '' || isConditionTrue(conditions, 'Denied') || isConditionTrue(conditions, 'Failed');
  if (rule === undefined || isOver || !isConditionTrue(conditions, 'Approved')) return { kind: 'none' };
  const reason = faultOf(rule, spec.usages ?? [], request);
  return reason === undefined ? { kind: 'sign' } : { kind: 'refuse', reason };
}

function faultOf({ required, optional, isNode }: SignerRule, usages: readonly string[], request: RequestFacts): string | undefined {
  const isAsked = required.every((usage) => usages.includes(usage)) && usages.every((usage) => [...required, ...optional].includes(usage));
  if (!isAsked) return `usages did not match expected [${[...required, ...optional].sort().join(' ')}]`;
  if (!isNode) return undefined;
  if (organizationsOf(request).join(',') !== 'system:nodes') return 'subject organization is not system:nodes';
  return commonNameOf(request).startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';
}

/** Issues certificates to requests that were approved, under the authority that the API server believes. */
export class CertificateSigner implements Disposable {
  readonly #parts: CertificateSignerParts;
  readonly #follower: StoreFollower;
  #authority: Promise<CertificateAuthority> | undefined;

  constructor(parts: CertificateSignerParts) {
    this.#parts = parts;
    this.#follower = new StoreFollower(parts.store, requestStorage, {
      put: (object) => void this.#consider(object).catch(parts.failed),
      gone: () => {},
      failed: parts.failed,
    });
  }

  start(): void {
    this.#follower.start();
  }

  [Symbol.dispose](): void {
    this.#follower[Symbol.dispose]();
  }

  async #consider(object: KubeObject): Promise<void> {
    const asked = object as CertificateSigningRequest;
    const read = readRequest(asked.spec.request);
    if ('fault' in read) return;
    const plan = planSigning(asked, read.request);
    if (plan.kind === 'none') return;
    if (plan.kind === 'refuse') this.#refuse(asked, plan.reason);
    else if (!(await isSignedByItsKey(read.request))) this.#refuse(asked, 'x509: the request is not signed by its key');
    else await this.#sign(asked, read.request);
  }

  async #sign({ metadata, spec }: CertificateSigningRequest, request: RequestFacts): Promise<void> {
    const { clock, authority } = this.#parts;
    const nowMs = clock.now();
    this.#authority ??= CertificateAuthority.restore(authority, nowMs);
    const seconds = Math.min(spec.expirationSeconds ?? YEAR_SECONDS, YEAR_SECONDS);
    const terms = { usages: spec.usages ?? [], notBeforeMs: nowMs - BACKDATE_MS, notAfterMs: nowMs - BACKDATE_MS + seconds * 1000 };
    const certificate = Buffer.from(await (await this.#authority).signRequest(request, terms)).toString('base64');
    this.#write(metadata, (status) => ({ ...status, certificate }));
  }

  #refuse({ metadata }: CertificateSigningRequest, message: string): void {
    const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message };
    this.#write(metadata, (status) => ({ ...status, conditions: [...(status.conditions ?? []), failed] }));
  }

  /** A request that went or was made anew while it was being signed is left alone. */
  #write(
    { name, uid }: KubeObject['metadata'],
    change: (status: CertificateSigningRequestStatus) => CertificateSigningRequestStatus,
  ): void {
    if (this.#parts.store.get(requestStorage, `/${name}`)?.metadata.uid !== uid) return;
    this.#parts.writeStatus(name, (request) => ({ ...request, status: change(request.status ?? {}) }));
  }
}

import { commonNameOf, organizationsOf, readRequest } from '../../meta/certificate-request.ts';
import type { CertificateSigningRequest } from '../../meta/generated/types.ts';
import type { KubeObject } from '../../meta/kube-object.ts';
import { forbidden } from '../../meta/status-error.ts';
import type { Call } from '../call.ts';
import type { Rbac } from '../rbac.ts';
import { mastersGroup } from '../user.ts';
import type { Visibility } from '../visibility.ts';

const group = 'certificates.k8s.io';

export function isCertificateRequest({ info }: Pick<Call, 'info'>): boolean {
  return info.group === group && info.kind === 'CertificateSigningRequest';
}

/**
 * Nobody asks to become what nobody may be made: the group that stands above RBAC, as Kubernetes' CertificateSubjectRestriction has it, and
 * what is the platform's own, or a trainee could certify themselves to be an operator.
 */
export function checkSubject(visibility: Visibility, call: Call, object: KubeObject): void {
  const { signerName, request } = (object as CertificateSigningRequest).spec;
  const read = readRequest(request);
  if ('fault' in read) return;
  const organizations = organizationsOf(read.request);
  if (signerName === 'kubernetes.io/kube-apiserver-client' && organizations.includes(mastersGroup))
    throw forbidden(call.info, object.metadata.name, `use of ${signerName} signer with ${mastersGroup} group is not allowed`);
  const isReserved =
    visibility.isHiddenIdentity(call.user, commonNameOf(read.request)) ||
    organizations.some((organization) => visibility.isReservedGroup(call.user, organization));
  if (isReserved) throw forbidden(call.info, object.metadata.name, 'this identity belongs to the platform');
}

/** Whether the user may decide on requests to that signer, and write what it issued: RBAC's verbs `approve` and `sign` on `signers`. */
export function checkSignerRights(rbac: Rbac, call: Call, next: KubeObject, previous: KubeObject): void {
  const { signerName } = (previous as CertificateSigningRequest).spec;
  const isIssued = (next as CertificateSigningRequest).status?.certificate !== (previous as CertificateSigningRequest).status?.certificate;
  const verb = call.subresource === 'approval' ? 'approve' : isIssued ? 'sign' : undefined;
  if (verb === undefined) return;
  const [domain = ''] = signerName.split('/');
  const isAllowed = [signerName, `${domain}/*`].some((name) => rbac.allows(call.user, { verb, group, resource: 'signers', name }));
  if (!isAllowed)
    throw forbidden(call.info, next.metadata.name, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}

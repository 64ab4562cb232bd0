import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { issueCertificate } from '../../grader/certificates.ts';
import { decodeSecret } from '../../grader/credentials.ts';
import { hostOf } from '../../grader/endpoint.ts';
import { PlatformError } from '../../grader/platform-error.ts';
import type { Secret } from '../../infra/cluster/meta/generated/types.ts';
import type { FaultTarget } from './fault.ts';
import { objectFault } from './object-fault.ts';
import { proveGreenOutage } from './outage.ts';
import { requireServing } from './template-change.ts';

const DAY_MS = 86_400_000;

/** The server's certificate ran out: nobody renewed it, and clients that check it hang up. */
export const certificateExpired = objectFault({
  id: 'certificate-expired',
  title: 'Certificate expired',
  symptom: 'Pods are ready; clients end the TLS handshake with: certificate has expired.',
  leavesBehind: 'The Secret holds the former certificate and key, and the pods serve it.',
  parameters: z.strictObject({ expiredForDays: z.number().positive().max(365) }),
  plan: async (target, { expiredForDays }) => {
    const secret = await requireServerCertificate(target);
    const notAfter = new Date(target.clock.now() - expiredForDays * DAY_MS);
    const names = [target.endpoint.service, hostOf(target.endpoint), `${hostOf(target.endpoint)}.cluster.local`];
    const validity = { notBefore: new Date(notAfter.getTime() - 90 * DAY_MS), notAfter };
    const pair = await issueCertificate(await target.credentials.authority(), {
      commonName: hostOf(target.endpoint),
      usage: 'server',
      names,
      validity,
    });
    const data = { 'tls.crt': Buffer.from(pair.cert).toString('base64'), 'tls.key': Buffer.from(pair.key).toString('base64') };
    return [{ kind: 'patch', ref: { kind: 'Secret', namespace: target.endpoint.namespace, name: secret.metadata.name }, patch: { data } }];
  },
  restartsPods: 'always',
  async prove(target) {
    const { 'tls.crt': certificate = '' } = decodeSecret(await requireServerCertificate(target));
    const validTo = new X509Certificate(certificate).validTo;
    if (Date.parse(validTo) > target.clock.now()) return { live: false, reason: `The certificate is valid until ${validTo}.` };
    return proveGreenOutage(target);
  },
});

/** The kubernetes.io/tls Secret that the workload mounts. */
async function requireServerCertificate(target: FaultTarget): Promise<Secret> {
  const { deployment } = await requireServing(target);
  for (const { secret } of deployment.spec?.template.spec?.volumes ?? []) {
    if (secret?.secretName === undefined) continue;
    const found = await target.objects.find<Secret>({ kind: 'Secret', namespace: target.endpoint.namespace, name: secret.secretName });
    if (found?.data?.['tls.crt'] !== undefined) return found;
  }
  throw new PlatformError('ApiFailed', 'The workload mounts no Secret with a certificate, so none can expire.');
}

import { readRequest } from '../certificate-request.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '../field-error.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../generated/types.ts';
import { isDns1123Subdomain } from '../names.ts';
import { checkRequired, type Report } from './report.ts';

const usages = [
  ...['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only'],
  ...['digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement'],
  ...['key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping'],
];
const MIN_EXPIRATION_SECONDS = 600;
/** Conditions that say only that something is so: they are taken as said or not at all. */
const decisions = ['Approved', 'Denied', 'Failed'];

export function checkCertificateRequest(report: Report, { spec }: CertificateSigningRequest): void {
  const read = readRequest(spec.request);
  if ('fault' in read) report(invalid('spec.request', spec.request, read.fault));
  checkUsages(report, spec.usages ?? []);
  checkSignerName(report, spec.signerName);
  const { expirationSeconds } = spec;
  if (expirationSeconds !== undefined && expirationSeconds < MIN_EXPIRATION_SECONDS)
    report(invalid('spec.expirationSeconds', expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
}

function checkUsages(report: Report, given: readonly string[]): void {
  if (given.length === 0) report(required('spec.usages'));
  for (const [index, usage] of given.entries()) {
    if (!usages.includes(usage)) report(notSupported(`spec.usages[${index}]`, usage, usages));
    else if (given.indexOf(usage) < index) report(duplicate(`spec.usages[${index}]`, usage));
  }
}

/** As `kubernetes.io/kube-apiserver-client`: a domain, then a path of names. */
function checkSignerName(report: Report, name: string | undefined): void {
  const path = 'spec.signerName';
  if (!checkRequired(report, name, path)) return;
  if (name === 'kubernetes.io/legacy-unknown') {
    report(invalid(path, name, 'the legacy signerName is not allowed via this API version'));
    return;
  }
  const [domain = '', ...rest] = name.split('/');
  if (rest.length !== 1 || !domain.includes('.')) {
    report(invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"));
    return;
  }
  for (const fault of [...isDns1123Subdomain(domain), ...isDns1123Subdomain(rest[0] ?? '')])
    report(invalid(path, name, `validating label "${name}": ${fault}`));
}

/** What a write to `status` or `approval` may say. A decision once taken stays. */
export function checkCertificateStatus(report: Report, next: CertificateSigningRequest, previous: CertificateSigningRequest): void {
  const path = 'status.conditions';
  const conditions = next.status?.conditions ?? [];
  for (const [index, condition] of conditions.entries()) checkCondition(report, condition, conditions, index);
  for (const type of decisions)
    if (has(previous.status?.conditions, type) && !has(conditions, type))
      report(forbidden(path, `updates may not remove a condition of type ${JSON.stringify(type)}`));
  const { certificate = '' } = next.status ?? {};
  const text = Buffer.from(certificate, 'base64').toString('latin1');
  if (certificate !== '' && certificate !== previous.status?.certificate && !text.includes('-----BEGIN CERTIFICATE-----'))
    report(invalid('status.certificate', '<certificate data>', 'must contain at least one CERTIFICATE PEM block'));
}

function checkCondition(
  report: Report,
  { type, status }: CertificateSigningRequestCondition,
  all: readonly CertificateSigningRequestCondition[],
  index: number,
): void {
  const path = `status.conditions[${index}]`;
  if (!checkRequired(report, type, `${path}.type`)) return;
  if (all.findIndex((condition) => condition.type === type) < index) report(duplicate(`${path}.type`, type));
  if (type === 'Denied' && has(all, 'Approved'))
    report(invalid(`${path}.type`, type, 'Approved and Denied conditions are mutually exclusive'));
  const supported = decisions.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
  if (checkRequired(report, status, `${path}.status`) && !supported.includes(status))
    report(notSupported(`${path}.status`, status, supported));
}

function has(conditions: readonly CertificateSigningRequestCondition[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type) === true;
}

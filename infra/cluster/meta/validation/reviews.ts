import { invalid } from '../field-error.ts';
import type { Event, LocalSubjectAccessReview, SelfSubjectAccessReview, SubjectAccessReview, TokenRequest } from '../generated/types.ts';
import { checkNonNegative, isEmpty, type Report } from './report.ts';

type AccessSpec = { readonly resourceAttributes?: unknown; readonly nonResourceAttributes?: unknown };

function checkAttributes(report: Report, { resourceAttributes, nonResourceAttributes }: AccessSpec): void {
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    report(invalid('spec.nonResourceAttributes', nonResourceAttributes, 'cannot be specified in combination with resourceAttributes'));
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    report(invalid('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'));
  }
}

export function checkSelfSubjectAccessReview(report: Report, { spec }: SelfSubjectAccessReview): void {
  checkAttributes(report, spec);
}

export function checkSubjectAccessReview(report: Report, { spec }: SubjectAccessReview | LocalSubjectAccessReview): void {
  checkAttributes(report, spec);
  if (isEmpty(spec.user) && (spec.groups ?? []).length === 0)
    report(invalid('spec.user', spec.user ?? '', 'at least one of user or group must be specified'));
}

const minTokenSeconds = 600;
const maxTokenSeconds = 2 ** 32;

export function checkTokenRequest(report: Report, { spec }: TokenRequest): void {
  const seconds = spec?.expirationSeconds ?? 3600;
  if (seconds < minTokenSeconds) report(invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > maxTokenSeconds) report(invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds'));
}

export function checkEvent(report: Report, { metadata, involvedObject, count }: Event): void {
  const namespace = involvedObject.namespace ?? '';
  // Events of what has no namespace are kept in default.
  if (namespace === '' ? metadata.namespace !== 'default' && metadata.namespace !== 'kube-system' : namespace !== metadata.namespace) {
    report(invalid('involvedObject.namespace', namespace, 'does not match event.namespace'));
  }
  checkNonNegative(report, count, 'count');
}

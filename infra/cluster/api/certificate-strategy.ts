import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../meta/generated/types.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import type { User } from './user.ts';

/** Decided through `approval` and nowhere else. */
const decisions: readonly string[] = ['Approved', 'Denied'];

/** Who asks is what the server saw, whatever the request says of itself. */
export function stampRequester(object: KubeObject, { username, uid, groups, extra }: User): void {
  const request = object as CertificateSigningRequest;
  const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...spec } = request.spec;
  request.spec = {
    ...spec,
    username,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined ? {} : { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
  };
}

/** A write to `approval` changes conditions and nothing else. */
export function onlyApproval(next: KubeObject, previous: KubeObject, nowIso: string): KubeObject {
  const { status } = previous as CertificateSigningRequest;
  const { conditions = [] } = (next as CertificateSigningRequest).status ?? {};
  return { ...previous, status: { ...status, conditions: withTimes(conditions, status?.conditions, nowIso) } } as KubeObject;
}

/** A write to `status` leaves the decisions as they are. */
export function withoutDecisions(next: KubeObject, previous: KubeObject, nowIso: string): KubeObject {
  const { status } = next as CertificateSigningRequest;
  if (status === undefined) return next;
  const before = (previous as CertificateSigningRequest).status?.conditions;
  const decided = (before ?? []).filter(({ type }) => decisions.includes(type));
  const others = (status.conditions ?? []).filter(({ type }) => !decisions.includes(type));
  const conditions = withTimes([...decided, ...others], before, nowIso);
  return { ...next, status: { ...status, ...(conditions.length === 0 ? {} : { conditions }) } } as KubeObject;
}

/** Times that were not said: now, or where the status is the same the time since when it is. */
function withTimes(
  conditions: readonly CertificateSigningRequestCondition[],
  before: readonly CertificateSigningRequestCondition[] | undefined,
  nowIso: string,
): CertificateSigningRequestCondition[] {
  return conditions.map((condition) => {
    const old = before?.find(({ type, status }) => type === condition.type && status === condition.status);
    const { lastUpdateTime, lastTransitionTime } = condition as { lastUpdateTime?: string | null; lastTransitionTime?: string | null };
    return {
      ...condition,
      lastUpdateTime: lastUpdateTime ?? nowIso,
      lastTransitionTime: lastTransitionTime ?? old?.lastTransitionTime ?? nowIso,
    };
  });
}

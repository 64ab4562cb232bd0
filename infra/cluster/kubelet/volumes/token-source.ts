import type { Clock } from '../../meta/clock.ts';
import type { Pod, ServiceAccountTokenProjection } from '../../meta/generated/types.ts';
import type { ApiClient } from '../../client/api-client.ts';
import { resources, subresource } from '../../client/resources.ts';
import { parseTime } from '../../client/wire-time.ts';

/** A token is renewed once this share of its life is over, or after a day, as the kubelet does. */
const RENEW_AT_SHARE = 0.8;
const RENEW_AFTER_MS = 24 * 3_600_000;

export interface PodToken {
  readonly token: string;
  readonly renewAtMs: number;
}

interface TokenResponse {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string };
}

/** Gets the token that a projected volume holds: the pod's service account's, bound to the pod, for the audience. Throws refusals. */
export async function requestToken(api: ApiClient, clock: Clock, pod: Pod, projection: ServiceAccountTokenProjection): Promise<PodToken> {
  const { name, namespace, uid } = pod.metadata;
  const { audience, expirationSeconds = 3600 } = projection;
  const ref = subresource(resources.serviceAccounts, 'token');
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      audiences: audience === undefined || audience === '' ? [] : [audience],
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    },
  };
  const answer = await api.post<TokenResponse>(ref, pod.spec?.serviceAccountName ?? 'default', namespace, body);
  const nowMs = clock.now();
  const lifeMs = (parseTime(answer.status?.expirationTimestamp) ?? nowMs + expirationSeconds * 1000) - nowMs;
  return { token: answer.status?.token ?? '', renewAtMs: nowMs + Math.min(lifeMs * RENEW_AT_SHARE, RENEW_AFTER_MS) };
}

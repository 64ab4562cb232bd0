import { ChaosError } from '../../chaos/chaos-error.ts';
import { SubstrateError } from '../../../server/sandboxes/substrate.ts';
import type { ClusterSettings } from './clusters-file.ts';

/** What the network says, and what it means to somebody who can mend it. */
const network: readonly (readonly [pattern: RegExp, words: string])[] = [
  [
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/,
    'nothing answers where its kubeconfig points. See that the address is right and can be reached from here.',
  ],
  [/ECONNABORTED|ETIMEDOUT|timeout/i, 'its API server does not answer in time.'],
  [/CERT|certificate|SELF_SIGNED|altname/i, 'its certificate is not the one that its kubeconfig trusts.'],
];

/** An error of a cluster's API in words that tell whoever runs Drillhouse what to do. What is thrown already in such words passes through. Pure. */
export function explainTrouble({ name, kubeconfig }: Pick<ClusterSettings, 'name' | 'kubeconfig'>, error: unknown): SubstrateError {
  if (error instanceof SubstrateError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const status = error instanceof ChaosError ? error.status : undefined;
  const make = (code: SubstrateError['code'], words: string): SubstrateError =>
    new SubstrateError(code, `The cluster ${name}: ${words}`, { cause: error });
  if (status === undefined) {
    const known = network.find(([pattern]) => pattern.test(said));
    return make('Unavailable', known === undefined ? `it cannot be spoken with: ${said}` : `${known[1]} (${said})`);
  }
  if (status.code === 401)
    return make(
      'Unavailable',
      `it does not accept the credentials in ${kubeconfig === undefined ? 'its pod' : 'its kubeconfig'} any more: they have expired or were withdrawn. Give it new ones.`,
    );
  if (status.code === 403 && /quota/i.test(said)) return make('CapacityExhausted', `its quota is spent. (${said})`);
  if (status.code === 403)
    return make('ProvisioningFailed', `it refuses what Drillhouse needs. Compare its roles with those in infra/deploy. (${said})`);
  if (status.code === 429 || status.code >= 500) return make('Unavailable', `its API server is overloaded or failing. (${said})`);
  return make('ProvisioningFailed', said);
}

import { stringify } from 'yaml';
import type { KeyPairPem } from './api/certificates.ts';

export interface KubeconfigParts {
  readonly url: string;
  readonly authority: string;
  readonly user: string;
  readonly credential: KeyPairPem;
}

/** A kubeconfig with everything in it, whose one context is `default`. */
export function kubeconfigText({ url, authority, user, credential }: KubeconfigParts): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'default', cluster: { server: url, 'certificate-authority-data': base64(authority) } }],
    users: [{ name: user, user: { 'client-certificate-data': base64(credential.certificate), 'client-key-data': base64(credential.key) } }],
    contexts: [{ name: 'default', context: { cluster: 'default', user } }],
    'current-context': 'default',
  });
}

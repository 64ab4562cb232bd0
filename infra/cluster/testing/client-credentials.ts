import https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

/** What Node's own TLS clients need to be the person of a kubeconfig. */
export interface ClientCredentials {
  readonly ca: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export function clientCredentials(kubeconfig: string): ClientCredentials {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const user = config.getCurrentUser();
  return {
    ca: Buffer.from(config.getCurrentCluster()?.caData ?? '', 'base64').toString('utf8'),
    cert: Buffer.from(user?.certData ?? '', 'base64'),
    key: Buffer.from(user?.keyData ?? '', 'base64'),
  };
}

/** Connections of their own for every request, so that a test's end leaves none behind. */
export function agentFor(kubeconfig: string): https.Agent {
  return new https.Agent({ ...clientCredentials(kubeconfig), keepAlive: false });
}

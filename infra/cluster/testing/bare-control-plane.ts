import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RequestQueue } from '../api/fair-queue.ts';
import { loadIdentity } from '../api/identity-files.ts';
import { mastersGroup } from '../api/user.ts';
import { bootstrap } from '../bootstrap.ts';
import { operatorGroup, type ClusterLog } from '../cluster-options.ts';
import { createControlPlane, type ControlPlane } from '../control-plane.ts';
import { kubeconfigText } from '../kubeconfig.ts';
import { systemClock } from '../meta/clock.ts';

/** Store and API over HTTPS without any loop: what a test of the API alone needs. */
export interface BareControlPlane extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly folder: string;
  readonly url: string;
  readonly authority: string;
  kubeconfig(identity: 'operator' | 'admin'): string;
}

export const hiddenNamespace = 'drillhouse-system';
const quiet: ClusterLog = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
};

interface BareOptions {
  readonly queue?: RequestQueue;
  readonly hiddenGroups?: readonly string[];
}

export async function startBareControlPlane({ queue, hiddenGroups = [] }: BareOptions = {}): Promise<BareControlPlane> {
  const folder = mkdtempSync(path.join(tmpdir(), 'control-plane-'));
  const identity = await loadIdentity({
    dataDir: folder,
    serverNames: ['127.0.0.1'],
    operatorGroups: [operatorGroup, mastersGroup],
    adminGroups: [mastersGroup],
    nowMs: Date.now(),
  });
  const plane = createControlPlane({
    dataDir: folder,
    identity,
    serviceCidr: '10.96.0.0/24',
    hiddenNamespaces: [hiddenNamespace],
    hiddenGroups,
    keepsAudit: true,
    clock: systemClock,
    log: quiet,
    ...(queue === undefined ? {} : { queue }),
  });
  const url = `https://127.0.0.1:${await plane.server.listen('127.0.0.1', 0)}`;
  await bootstrap(plane.clientFor('kube-apiserver'), {
    hiddenNamespaces: [hiddenNamespace],
    apiServerIp: plane.apiServerIp,
    endpoint: { ip: '127.0.0.1', port: 6443 },
  });
  plane.setReady();
  const authority = identity.authority.certificate;
  return {
    plane,
    folder,
    url,
    authority,
    kubeconfig: (name) => kubeconfigText({ url, authority, user: name, credential: identity[name] }),
    async [Symbol.asyncDispose]() {
      await plane.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

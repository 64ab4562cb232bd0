import path from 'node:path';
import { Admission } from './api/admission/admission.ts';
import { ApiServer } from './api/api-server.ts';
import { AuditLog } from './api/audit-log.ts';
import { Authenticator } from './api/authenticator.ts';
import { CertificateSigner, type CertificateSignerParts } from './api/certificate-signer.ts';
import { CustomResources } from './api/custom-resources.ts';
import type { ClusterIdentity } from './api/identity-files.ts';
import { EventExpiry } from './api/event-expiry.ts';
import { FairQueue, type RequestQueue } from './api/fair-queue.ts';
import { InProcessClient } from './api/in-process-client.ts';
import { MetricsApi } from './api/metrics-api.ts';
import { NonResourceHandler } from './api/non-resource-handler.ts';
import { PodStreams } from './api/pod-streams.ts';
import { ProxyHandler } from './api/proxy.ts';
import { Rbac } from './api/rbac.ts';
import { RequestMetrics } from './api/request-metrics.ts';
import { ResourceApi } from './api/resource-api.ts';
import { ResourceHandler } from './api/resource-handler.ts';
import { Reviews } from './api/reviews.ts';
import { ServiceAccountTokens } from './api/service-account-tokens.ts';
import { ServiceAddresses } from './api/service-addresses.ts';
import { Subresources } from './api/subresources.ts';
import { authenticatedGroup, mastersGroup, type User } from './api/user.ts';
import { Visibility } from './api/visibility.ts';
import type { ApiClient } from './client/api-client.ts';
import { operatorGroup, type ClusterLog } from './cluster-options.ts';
import type { Clock } from './meta/clock.ts';
import type { CertificateSigningRequest } from './meta/generated/types.ts';
import type { KubeletEndpoint } from './meta/kubelet-endpoint.ts';
import { ResourceRegistry } from './meta/registry.ts';
import { serviceUnavailable } from './meta/status-error.ts';
import { ObjectStore } from './store/object-store.ts';

/** One for all clusters of the process: what it apportions is the process's one thread. */
const sharedQueue = new FairQueue();

export interface ControlPlaneOptions {
  readonly dataDir: string;
  readonly identity: ClusterIdentity;
  readonly serviceCidr: string;
  readonly hiddenNamespaces: readonly string[];
  /** API groups whose resources only operators see. */
  readonly hiddenGroups?: readonly string[];
  /** Who did what is written to audit.log in the data folder and served at /logs/kube-apiserver/audit.log. */
  readonly keepsAudit?: boolean;
  readonly clock: Clock;
  readonly log: ClusterLog;
  /** In place of the one that all clusters of the process share. */
  readonly queue?: RequestQueue;
}

/** Store and API of one cluster, without the loops that act on it. */
export interface ControlPlane {
  readonly server: ApiServer;
  readonly store: ObjectStore;
  readonly apiServerIp: string;
  /** The API for a part of the control plane, whose writes carry that part's name. */
  clientFor(fieldManager: string): ApiClient;
  /** Set once the kubelet runs; until then logs, exec and proxies answer that it does not. */
  setKubelet(endpoint: KubeletEndpoint): void;
  setReady(): void;
  close(): Promise<void>;
}

export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { dataDir, identity, serviceCidr, hiddenNamespaces, clock, log, queue = sharedQueue } = options;
  const registry = new ResourceRegistry();
  const store = new ObjectStore({ file: path.join(dataDir, 'journal'), log });
  const rbac = new Rbac(store);
  const visibility = new Visibility(hiddenNamespaces, options.hiddenGroups);
  const tokens = new ServiceAccountTokens(identity.tokenKey, store, clock);
  const addresses = new ServiceAddresses(store, serviceCidr);
  const api = new ResourceApi({ store, clock, addresses, admission: new Admission({ store, registry, clock, rbac, visibility }) });
  const subresources = new Subresources({ store, api, tokens });
  const customResources = new CustomResources({
    store,
    registry,
    clock,
    deleteObject: (info, { metadata: { name, namespace } }) => {
      const call = {
        user: platform('apiextensions-apiserver'),
        info,
        dryRun: false,
        fieldManager: 'kube-apiserver',
        fieldValidation: 'Ignore',
      } as const;
      api.delete({ ...call, ...(namespace === undefined ? {} : { namespace }), warn: () => {} }, name, {});
    },
    failed: (error) => log.error({ reason: reasonOf(error) }, 'a custom resource definition could not be followed'),
  });
  const metrics = new RequestMetrics();
  const audit = options.keepsAudit === true ? new AuditLog({ folder: dataDir, visibility, clock, log }) : undefined;
  let endpoint: KubeletEndpoint | undefined;
  let isReady = false;
  const kubelet = (): KubeletEndpoint => {
    if (endpoint === undefined) throw serviceUnavailable('the kubelet has not started yet');
    return endpoint;
  };
  const streams = new PodStreams(kubelet);
  const resources = new ResourceHandler({
    registry,
    store,
    clock,
    api,
    subresources,
    visibility,
    reviews: new Reviews({ rbac, tokens, visibility }),
    metrics: new MetricsApi({ store, clock, visibility, kubelet }),
  });
  const server = new ApiServer(
    {
      registry,
      store,
      api,
      rbac,
      visibility,
      resources,
      streams,
      clock,
      log,
      ...(audit === undefined ? {} : { audit }),
      queue,
      name: dataDir,
      authenticator: new Authenticator({ tokens, rbac, visibility }),
      nonResources: new NonResourceHandler({
        registry,
        visibility,
        isReady: () => isReady,
        metricsText: () => metrics.text(queue.waiting),
        tokenKeys: () => tokens.keySet(),
        ...(audit === undefined ? {} : { auditText: () => audit.text() }),
      }),
      metrics,
      proxy: new ProxyHandler({ store, kubelet }),
    },
    { ...identity.server, authority: identity.authority.certificate },
  );
  customResources.start();
  const signer = startSigner({ store, registry, clock, api, authority: identity.authority, log });
  const expiry = new EventExpiry(store, clock);
  return {
    server,
    store,
    apiServerIp: addresses.apiServerIp,
    clientFor: (fieldManager) =>
      new InProcessClient({
        registry,
        store,
        clock,
        api,
        subresources,
        visibility,
        fieldManager,
        user: platform(fieldManager),
      }),
    setKubelet: (started) => void (endpoint = started),
    setReady: () => void (isReady = true),
    async close() {
      expiry[Symbol.dispose]();
      customResources.stop();
      signer[Symbol.dispose]();
      await server.close();
      audit?.[Symbol.dispose]();
      store.close();
    },
  };
}

interface SignerOptions extends Pick<CertificateSignerParts, 'store' | 'clock' | 'authority'> {
  readonly registry: ResourceRegistry;
  readonly api: ResourceApi;
  readonly log: ClusterLog;
}

function startSigner({ registry, api, log, ...parts }: SignerOptions): CertificateSigner {
  const info = registry.find('certificates.k8s.io', 'v1', 'certificatesigningrequests');
  if (info === undefined) throw new Error('requests for certificates are not registered');
  const call = {
    user: platform('kube-controller-manager'),
    info,
    subresource: 'status',
    dryRun: false,
    fieldManager: 'kube-controller-manager',
    fieldValidation: 'Ignore',
    warn: () => {},
  } as const;
  const signer = new CertificateSigner({
    ...parts,
    writeStatus: (name, change) => void api.rewrite(call, name, (object) => change(object as CertificateSigningRequest)),
    failed: (error) => log.error({ reason: reasonOf(error) }, 'a request for a certificate could not be answered'),
  });
  signer.start();
  return signer;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A part of the control plane as a user. */
function platform(part: string): User {
  return { username: `system:${part}`, groups: [mastersGroup, operatorGroup, authenticatedGroup] };
}

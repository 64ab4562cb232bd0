import type { ApiClient } from '../client/api-client.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { ClusterLog } from '../cluster-options.ts';
import type { Clock } from '../meta/clock.ts';
import type { KubeletEndpoint } from '../meta/kubelet-endpoint.ts';
import { startApiServiceController } from './api-service-controller.ts';
import { startAutoscaleController } from './autoscale-controller.ts';
import { startClaimController } from './claim-controller.ts';
import { disposeAll, withFieldManager, type ControllerContext } from './controller-context.ts';
import { startClusterRoleAggregation } from './cluster-role-aggregation.ts';
import { startCronJobController } from './cronjob-controller.ts';
import { startDaemonSetController } from './daemonset-controller.ts';
import { startDisruptionController } from './disruption-controller.ts';
import { startJobController } from './job-controller.ts';
import { startNodeLifecycleController } from './node-lifecycle-controller.ts';
import { startStatefulSetController } from './statefulset-controller.ts';
import { startDeploymentController } from './deployment-controller.ts';
import { startEndpointMirroringController } from './endpoint-mirroring.ts';
import { startEndpointsController } from './endpoints-controller.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startNamespaceContentController } from './namespace-content.ts';
import { startNamespaceController } from './namespace-controller.ts';
import { startPolicyStatusController } from './policy-status-controller.ts';
import { startQuotaController } from './quota-controller.ts';
import { startReplicaSetController } from './replicaset-controller.ts';
import { startVolumeController } from './volume-controller.ts';

export interface ControllersOptions {
  /** Its identity must be allowed to do everything. */
  readonly api: ApiClient;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly log: ClusterLog;
  /** See ReadyReports. */
  readonly readyReportMs?: number;
  /** The certificate by which pods verify the API server; published to every namespace. */
  readonly rootCaPem: string;
  /** Publish it as OpenShift's service CA too. */
  readonly publishesServiceCa?: boolean;
  /** Measures what pods use; without it HorizontalPodAutoscalers do nothing. */
  readonly kubelet?: Pick<KubeletEndpoint, 'stats'>;
}

const FIELD_MANAGER = 'kube-controller-manager';

/** Starts all controllers of a cluster. Disposing stops them and waits for what is under way. */
export function startControllers({ rootCaPem, publishesServiceCa = false, kubelet, ...options }: ControllersOptions): AsyncDisposable {
  const context: ControllerContext = { ...options, api: withFieldManager(options.api, FIELD_MANAGER) };
  return disposeAll([
    startNamespaceContentController(context, { pem: rootCaPem, isAlsoServiceCa: publishesServiceCa }),
    startReplicaSetController(context),
    startClusterRoleAggregation(context),
    startDeploymentController(context),
    startEndpointsController(context),
    startEndpointMirroringController(context),
    startNamespaceController(context),
    startQuotaController(context),
    startCronJobController(context),
    startDaemonSetController(context),
    startDisruptionController(context),
    startJobController(context),
    startNodeLifecycleController(context),
    startStatefulSetController(context),
    startClaimController(context),
    startVolumeController(context),
    startApiServiceController(context),
    startPolicyStatusController(context),
    ...(kubelet === undefined ? [] : [startAutoscaleController(context, kubelet)]),
    startGarbageCollector(context),
  ]);
}

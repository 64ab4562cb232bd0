import type { ContainerRuntime } from '../runtime/runtime.ts';
import type { Clock } from './meta/clock.ts';

/** What a cluster needs to start; see {@link Cluster} for what it then is. */
export interface ClusterOptions {
  /** Stable over restarts; names the journal, the runtime's labels and the kubeconfig's context. */
  readonly clusterId: string;
  readonly runtime: ContainerRuntime;
  /** Journal, certificates and volumes live here; an existing folder is resumed, its running containers adopted. */
  readonly dataDir: string;
  /** Port of the API server on 127.0.0.1; 0 takes any. A resumed cluster takes its old port again where that is free. */
  readonly port?: number;
  readonly nodes?: readonly NodeSpec[];
  /**
   * Namespaces that only members of {@link operatorGroup} can see: for everybody else, cluster-admin included, they and what is in
   * them are absent from gets (404), lists and watches, cannot be written, and the group cannot be impersonated.
   */
  readonly hiddenNamespaces?: readonly string[];
  /**
   * Every namespace also holds a ConfigMap `openshift-service-ca.crt`, as on the cluster that the transcripts in test/conformance were recorded from.
   * Upstream Kubernetes has none, so sandboxes are without.
   */
  readonly publishesServiceCa?: boolean;
  /**
   * The cluster serves the kinds of Chaos Mesh (chaos-mesh.org/v1alpha1), to members of {@link operatorGroup} only: they have no status subresource,
   * so whoever may write them may claim anything, and an experiment may reach into hidden namespaces.
   */
  readonly servesChaos?: boolean;
  /**
   * The API server keeps an audit trail (audit.k8s.io/v1, level Metadata) in `dataDir`, without what members of {@link operatorGroup} do, and serves it at
   * /logs/kube-apiserver/audit.log to whom RBAC lets read that path.
   */
  readonly keepsAudit?: boolean;
  readonly clock?: Clock;
  readonly log: ClusterLog;
}

export interface NodeSpec {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly maxPods: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly {
    readonly key: string;
    readonly value?: string;
    readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  }[];
  readonly extendedResources?: Readonly<Record<string, number>>;
}

/** The part of a pino logger that the cluster uses. */
export interface ClusterLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The group of Drillhouse itself: orchestrator, grader, prober control. Passes authorisation like system:masters and sees hidden namespaces. */
export const operatorGroup = 'drillhouse:operators';

/** A running cluster. Disposing it stops the control plane and removes everything it ran; `detach` leaves pods running for a restart. */
export interface Cluster extends AsyncDisposable {
  readonly clusterId: string;
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** A kubeconfig (YAML) with a credential of its own: `operator` for Drillhouse, `admin` for a person (group system:masters, hidden namespaces unseen). */
  kubeconfig(identity: 'operator' | 'admin'): string;
  /** All objects as one JSON text; pods come back as they are declared, not as they run. Events and leases are left out. */
  snapshot(): Promise<string>;
  /** Makes the cluster hold exactly the snapshot's objects again (hidden namespaces excepted), and waits until what ran on top is gone. */
  restore(snapshot: string): Promise<void>;
  detach(): Promise<void>;
}

import type { KubeObject } from '../cluster/meta/kube-object.ts';

/** Kinds of Chaos Mesh, `chaos-mesh.org/v1alpha1`, as far as Drillhouse writes and serves them. Field names are Chaos Mesh's own. */
export const chaosGroup = 'chaos-mesh.org';
export const chaosApiVersion = `${chaosGroup}/v1alpha1`;

/** Holds an experiment until everything it did is taken back. */
export const recordsFinalizer = 'chaos-mesh/records';
/** `"true"` takes an experiment back, or holds a schedule, until it is removed. */
export const pauseAnnotation = 'experiment.chaos-mesh.org/pause';
/** On what a schedule creates: the schedule's name. */
export const managedByLabel = 'managed-by';

/** Plurals, which are their own singulars but for schedules. */
export const chaosResources = {
  PodChaos: 'podchaos',
  NetworkChaos: 'networkchaos',
  StressChaos: 'stresschaos',
  HTTPChaos: 'httpchaos',
  Schedule: 'schedules',
} as const;

export type ChaosKind = keyof typeof chaosResources;
export type ExperimentKind = Exclude<ChaosKind, 'Schedule'>;
export const experimentKinds = ['PodChaos', 'NetworkChaos', 'StressChaos', 'HTTPChaos'] as const satisfies readonly ExperimentKind[];

/** All that are given must hold. `pods` alone decides where it is given. */
export interface PodSelectorSpec {
  /** Absent or empty means the experiment's own. */
  readonly namespaces?: readonly string[];
  readonly labelSelectors?: Readonly<Record<string, string>>;
  readonly expressionSelectors?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
  readonly annotationSelectors?: Readonly<Record<string, string>>;
  readonly fieldSelectors?: Readonly<Record<string, string>>;
  readonly podPhaseSelectors?: readonly string[];
  readonly nodeSelectors?: Readonly<Record<string, string>>;
  readonly nodes?: readonly string[];
  /** Names by namespace. */
  readonly pods?: Readonly<Record<string, readonly string[]>>;
}

export type ChaosMode = 'one' | 'all' | 'fixed' | 'fixed-percent' | 'random-max-percent';

export interface PodSelector {
  readonly selector: PodSelectorSpec;
  readonly mode: ChaosMode;
  /** A count for `fixed`, a percentage for the percent modes. */
  readonly value?: string;
}

interface CommonSpec extends PodSelector {
  /** A Go duration, counted from the experiment's creation. Absent means until it is deleted. */
  readonly duration?: string;
}

interface ContainerSpec extends CommonSpec {
  /** Absent means the pod's first. */
  readonly containerNames?: readonly string[];
}

export interface PodChaosSpec extends ContainerSpec {
  readonly action: 'pod-kill' | 'pod-failure' | 'container-kill';
  /** Seconds, for pod-kill. */
  readonly gracePeriod?: number;
}

export interface NetworkChaosSpec extends CommonSpec {
  readonly action: 'netem' | 'delay' | 'loss' | 'duplicate' | 'corrupt' | 'partition' | 'bandwidth' | 'rate';
  readonly delay?: { readonly latency: string; readonly correlation?: string; readonly jitter?: string; readonly reorder?: object };
  /** Percent. */
  readonly loss?: { readonly loss: string; readonly correlation?: string };
  readonly duplicate?: object;
  readonly corrupt?: object;
  /** The rate's units are bytes: `bps`, `kbps`, `mbps`, `gbps`, each 1024 of the one before. */
  readonly bandwidth?: { readonly rate: string; readonly limit: number; readonly buffer: number };
  readonly rate?: { readonly rate: string };
  readonly direction?: 'to' | 'from' | 'both';
  readonly target?: PodSelector;
  /** Addresses outside of the cluster. */
  readonly externalTargets?: readonly string[];
  readonly device?: string;
}

export interface StressChaosSpec extends ContainerSpec {
  readonly stressors?: {
    /** `size` is of all workers together: bytes with a unit (`256MB`), or a percentage of the container's limit. */
    readonly memory?: { readonly workers: number; readonly size?: string; readonly options?: readonly string[] };
    /** `load` is a percentage of a CPU for each worker. */
    readonly cpu?: { readonly workers: number; readonly load?: number; readonly options?: readonly string[] };
  };
  readonly stressngStressors?: string;
}

export interface HTTPChaosSpec extends CommonSpec {
  /** Which of the two is selected and changed. */
  readonly target: 'Request' | 'Response';
  /** The pods' port. */
  readonly port?: number;
  /** With `*` and `?` as wildcards. */
  readonly path?: string;
  readonly method?: string;
  readonly code?: number;
  readonly request_headers?: Readonly<Record<string, string>>;
  readonly response_headers?: Readonly<Record<string, string>>;
  /** Breaks the connection off. */
  readonly abort?: boolean;
  readonly delay?: string;
  readonly replace?: {
    readonly path?: string;
    readonly method?: string;
    readonly code?: number;
    /** In base64, as Kubernetes writes bytes. */
    readonly body?: string;
    readonly queries?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly patch?: {
    /** `value` is a JSON merge patch in text. */
    readonly body?: { readonly type: 'JSON'; readonly value: string };
    readonly queries?: readonly (readonly string[])[];
    readonly headers?: readonly (readonly string[])[];
  };
  readonly tls?: object;
}

export interface ChaosCondition {
  readonly type: 'Selected' | 'AllInjected' | 'AllRecovered' | 'Paused';
  readonly status: 'True' | 'False';
  readonly reason?: string;
}

export interface RecordEvent {
  readonly type: 'Succeeded' | 'Failed';
  readonly operation: 'Apply' | 'Recover';
  readonly message?: string;
  readonly timestamp: string;
}

/** One pod, or one container of a pod, and what became of the experiment there. */
export interface ChaosRecord {
  /** `namespace/pod`, or `namespace/pod/container`. */
  readonly id: string;
  /** `.` for the experiment's selector, `.Target` for that of its target. */
  readonly selectorKey: string;
  readonly phase: 'Injected' | 'Not Injected';
  readonly injectedCount: number;
  readonly recoveredCount: number;
  readonly events?: readonly RecordEvent[];
}

/**
 * AllInjected and AllRecovered are of the records: both are True while there are none, that is before anything is selected. AllRecovered is also
 * True where no injection ever succeeded.
 */
export interface ChaosStatus {
  readonly conditions?: readonly ChaosCondition[];
  readonly experiment?: { readonly desiredPhase?: 'Run' | 'Stop'; readonly containerRecords?: readonly ChaosRecord[] };
}

interface ExperimentOf<K extends ExperimentKind, S> extends KubeObject {
  kind: K;
  spec: S;
  status?: ChaosStatus;
}

export type PodChaos = ExperimentOf<'PodChaos', PodChaosSpec>;
export type NetworkChaos = ExperimentOf<'NetworkChaos', NetworkChaosSpec>;
export type StressChaos = ExperimentOf<'StressChaos', StressChaosSpec>;
export type HTTPChaos = ExperimentOf<'HTTPChaos', HTTPChaosSpec>;
export type Experiment = PodChaos | NetworkChaos | StressChaos | HTTPChaos;

export interface ScheduleSpec {
  /** Five fields, a macro such as `@hourly`, or `@every` with a duration. */
  readonly schedule: string;
  readonly type: ExperimentKind;
  readonly concurrencyPolicy?: 'Forbid' | 'Allow';
  /** How many finished experiments are kept; 1 where absent. */
  readonly historyLimit?: number;
  readonly startingDeadlineSeconds?: number | null;
  readonly podChaos?: PodChaosSpec;
  readonly networkChaos?: NetworkChaosSpec;
  readonly stressChaos?: StressChaosSpec;
  readonly httpChaos?: HTTPChaosSpec;
}

export interface Schedule extends KubeObject {
  kind: 'Schedule';
  spec: ScheduleSpec;
  status?: {
    readonly active?: readonly { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string }[];
    readonly time?: string | null;
  };
}

/** Which object each kind is. */
export interface ChaosObjects {
  readonly PodChaos: PodChaos;
  readonly NetworkChaos: NetworkChaos;
  readonly StressChaos: StressChaos;
  readonly HTTPChaos: HTTPChaos;
  readonly Schedule: Schedule;
}

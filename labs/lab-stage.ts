import type { KubeConfig } from '@kubernetes/client-node';
import type { SandboxPlace } from '../infra/substrate/sandbox-place.ts';
import type { ArtefactDefinition, WrittenArtefact } from '../grader/artefacts/artefact.ts';
import type { ArtefactDemand } from '../grader/artefacts/demands.ts';
import type { Classification } from '../grader/artefacts/forms.ts';
import type { PlayerRole } from '../grader/incidents/roles.ts';
import type { IncidentRecord } from '../grader/incidents/status-update.ts';
import type { Budgets } from '../grader/checks/load-check.ts';
import type { CheckResult, Scorecard } from '../grader/verdict.ts';
import type { LabDemands } from './lab-ground.ts';
import type { NodeNeed } from './node-needs.ts';

/**
 * What a lab offers to whoever runs it, the orchestrator or `lab prove`. Implemented by labs/catalogue.ts (loading), labs/variant.ts
 * (seeds) and labs/stage.ts (running). Everything that must outlive a restart is plain JSON and is given back by the caller.
 */
export interface LabSummary {
  readonly slug: string;
  readonly version: string;
  /** sha256 of the lab's files, in hex: evidence names it. */
  readonly hash: string;
  readonly title: string;
  readonly summary: string;
  readonly level: 'foundation' | 'intermediate' | 'advanced';
  /** Minutes the clock gives: for the whole guided lab, and for the incident alone. */
  readonly minutes: number;
  readonly incidentMinutes: number;
  readonly tracks: readonly ('administrator' | 'platform-engineer' | 'technical-lead')[];
  readonly objectives: readonly string[];
  readonly steps: readonly {
    readonly id: string;
    readonly title: string;
    readonly phase: 'build' | 'incident';
    readonly hintCount: number;
  }[];
  readonly faults: readonly { readonly id: string; readonly title: string }[];
  /** Services to show in the preview, by Kubernetes name and port name. */
  readonly services: readonly LabService[];
  readonly passMark: number;
  /** What can be measured; an example's aims. */
  readonly workloads?: readonly LabWorkload[];
  /** What the sandbox's cluster must have; absent: any cluster will do. */
  readonly nodes?: readonly NodeNeed[];
  /** Whether AI assistants may help, unless a cohort or an interview says otherwise; absent: allowed. */
  readonly aiPolicy?: 'none' | 'allowed' | 'required';
  /** What it needs of the ground under its sandboxes; absent: nothing. */
  readonly demands?: LabDemands;
  /** Something is to be written. */
  readonly hasArtefacts?: boolean;
  /** Status updates are judged. */
  readonly asksStatus?: boolean;
  /** The roles of a team that may take it together; absent: only alone. */
  readonly team?: readonly { readonly role: PlayerRole; readonly min: number; readonly max: number }[];
}

/** Traffic that can be measured at any time. `aims`: what the lab's checks allow. */
export interface LabWorkload {
  readonly id: string;
  readonly title: string;
  readonly aims: Budgets;
}

/** What the prober saw of one run of traffic. Times are from the intended time of sending; null where nothing could be told. */
export interface MeasuredFigures {
  readonly requests: number;
  readonly answered: number;
  /** How many failed, by the kind of failure. */
  readonly failures: Readonly<Record<string, number>>;
  /** US dollars; what is paid by the hour is in it. */
  readonly usdPerThousandRequests: number | null;
  readonly endToEndMs: Percentiles | null;
  /** Of streams. */
  readonly firstTokenMs: Percentiles | null;
  readonly cacheHits: number;
  /** 0 to 1, of the answers that can be right or wrong. */
  readonly quality: number | null;
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** One workload of one run. JSON. */
export interface WorkloadMeasurement extends LabWorkload {
  /** Null where nothing could be sent; the remark says why. */
  readonly figures: MeasuredFigures | null;
  readonly remark: string | null;
}

export interface LabService {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
  readonly title: string;
  /** Plain or TLS towards the Service: `auto` tries what answers. */
  readonly scheme: 'http' | 'https' | 'auto';
  readonly healthPath: string;
  readonly metricsPath?: string;
}

/** A lab file that does not load. The rest of the catalogue does. */
export interface LabProblem {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly path?: string;
  readonly message: string;
  readonly remedy: string;
}

/** `guided` walks through the build steps and then the incident; `incident` starts from the healthy state with the fault live. */
export type AttemptMode = 'guided' | 'incident';

/** What a seed decided: names, keys, thresholds and which fault. JSON; kept by the caller; never shown whole to a trainee. */
export interface Variant {
  readonly seed: string;
  readonly fault: string;
  readonly values: Readonly<Record<string, string | number>>;
}

/** A step as its trainee sees it, with the variant's values put in. Markdown; code blocks carry `run`, `copy` or `reveal` in their info string. */
export interface StepContent {
  readonly id: string;
  readonly title: string;
  readonly phase: 'build' | 'incident';
  readonly markdown: string;
  readonly checks: readonly { readonly id: string; readonly title: string; readonly explain: string }[];
  readonly hints: readonly { readonly title: string; readonly markdown: string; readonly unlockAfterSeconds: number }[];
}

/** Something to be written, with what a machine will ask of it. JSON; kept by the caller as it was when the attempt began. */
export interface OfferedArtefact {
  readonly definition: ArtefactDefinition;
  /** Those that are not hidden, for telling the writer what is still missing. */
  readonly checks: readonly {
    readonly id: string;
    readonly title: string;
    readonly explain: string;
    readonly demands: readonly ArtefactDemand[];
  }[];
  /** By fault; never shown before the verdict. */
  readonly classificationOf: Readonly<Record<string, Classification>>;
}

/** Opaque to the caller; JSON. */
export type Baseline = { readonly capturedAt: string; readonly data: unknown };
export type Injection = { readonly fault: string; readonly injectedAt: string; readonly data: unknown };

export interface StageProgress {
  /** Stable id of what is going on, e.g. `namespace`, `workspace`, `healthy`, `baseline`, `inject`, `proof`. */
  readonly id: string;
  readonly text: string;
  readonly state: 'started' | 'done' | 'failed';
  /** For done and failed: how long it took. */
  readonly tookMs?: number;
}

export interface StageOptions {
  readonly variant: Variant;
  /** The fault that is live, where an instructor chose another than the variant's and the stage is made anew after a restart. */
  readonly fault?: string;
  /** Operator's credential. */
  readonly kubeConfig: KubeConfig;
  /** Absent: the sandbox is a cluster of its own. */
  readonly place?: SandboxPlace | undefined;
  readonly signal: AbortSignal;
  /** What was written in the product, by the artefact's id. Absent: nothing ever is. */
  readonly fetchArtefact?: (id: string) => Promise<WrittenArtefact | undefined>;
  /** What was told to others meanwhile, and how the service was seen. Absent: nothing ever is. */
  readonly fetchIncident?: () => Promise<IncidentRecord | undefined>;
  readonly progress: (event: StageProgress) => void;
}

/** A lab in one sandbox. Methods throw StageError (code, message for a person) when the platform fails; outcomes are values. */
export interface LabStage {
  /** Brings the sandbox to the mode's start: workspace and prober first, then for `incident` the healthy state. Can be repeated. */
  prepare(mode: AttemptMode): Promise<void>;
  /** What execs become terminals: namespace, pod, container and command of the trainee's shell. */
  readonly workspace: { readonly namespace: string; readonly pod: string; readonly container: string; readonly shell: readonly string[] };
  /** Where the lab's objects live in this variant. */
  readonly namespace: string;
  /** The services of the preview, with this variant's names; those of {@link LabSummary} are an example's. */
  services(): readonly LabService[];
  steps(): readonly StepContent[];
  /** What is to be written in this variant. */
  artefacts(): readonly OfferedArtefact[];
  /** `quietly`: without checks that disturb what the trainee is doing; their results are marked as untried. */
  checkStep(stepId: string, way?: 'fully' | 'quietly'): Promise<readonly CheckResult[]>;
  /** Runs the step's own solution, as skipping does. */
  solveStep(stepId: string): Promise<void>;
  /** Refuses (StageError NotHealthy, saying what is not) while the healthy state is not reached. */
  captureBaseline(): Promise<Baseline>;
  injectFault(faultId: string, baseline: Baseline): Promise<Injection>;
  /** Waits, bounded, for proof that the fault is live. */
  awaitLive(
    injection: Injection,
  ): Promise<{ readonly live: true; readonly tookMs: number } | { readonly live: false; readonly reason: string }>;
  recoverFault(injection: Injection): Promise<void>;
  /** Sends the lab's workloads and tells what was seen, whatever it is. */
  measure(signal: AbortSignal): Promise<readonly WorkloadMeasurement[]>;
  /** Back to the healthy state that the baseline describes, or to the empty start of a guided lab. */
  resetTo(target: 'start' | 'healthy'): Promise<void>;
  grade(context: {
    readonly baseline: Baseline;
    readonly injection: Injection;
    readonly stepResults: readonly CheckResult[];
  }): Promise<Scorecard>;
}

export class StageError extends Error {
  readonly code: 'NotHealthy' | 'SandboxLost' | 'TimedOut' | 'UnknownStep' | 'UnknownFault' | 'PlatformFailed';

  constructor(code: StageError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StageError';
    this.code = code;
  }
}

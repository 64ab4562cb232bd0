import type { CheckContext } from '../grader/check-context.ts';
import { fetchBaseline, workloadBaselineSchema, type WorkloadBaseline } from '../grader/baseline.ts';
import { Credentials } from '../grader/credentials.ts';
import { lookOnce, lookQuietly, runDecisive } from '../grader/engine.ts';
import { watchMachine } from '../grader/machine-load.ts';
import { PlatformError, describeError } from '../grader/platform-error.ts';
import type { WrittenArtefact } from '../grader/artefacts/artefact.ts';
import type { CommandOutcome } from '../grader/pod-exec.ts';
import type { IncidentRecord } from '../grader/incidents/status-update.ts';
import { planScorecard } from '../grader/scorecard.ts';
import type { CheckResult, Scorecard } from '../grader/verdict.ts';
import { sleep } from '../infra/cluster/meta/clock.ts';
import type { Node } from '../infra/cluster/meta/generated/types.ts';
import { systemNamespace } from '../infra/substrate/system-namespace.ts';
import { undoOutsideNamespaces } from '../scenarios/faults/changes.ts';
import { findFault } from '../scenarios/faults/fault-catalogue.ts';
import { combineFaults, type FaultPart } from '../scenarios/faults/combined-fault.ts';
import type { FaultTarget } from '../scenarios/faults/fault.ts';
import { exampleContent, defineArtefact, offerArtefacts } from './lab-artefacts.ts';
import { awaitChecks, healthChecks, signsOfLife } from './health-checks.ts';
import type { LabFault, LabStep } from './lab-schema.ts';
import {
  StageError,
  type AttemptMode,
  type Baseline,
  type Injection,
  type LabService,
  type LabStage,
  type OfferedArtefact,
  type StageOptions,
  type StepContent,
  type WorkloadMeasurement,
} from './lab-stage.ts';
import { RenderedLab, type Lab } from './lab.ts';
import { measureWorkloads } from './measure.ts';
import { findUnmetNeed, repairNodes } from './node-needs.ts';
import { beginProviders, clearProviders, ensureProviders } from './sandbox-providers.ts';
import { createAbsent, ensureAuthority, ensureNamespace, ensureProber, ensureSystemPods, makeCredentialValues } from './sandbox-setup.ts';
import { pollDelayMs } from './poll-delay.ts';
import { parseStatusSeries } from './status-series.ts';
import { accessSandbox, type SandboxAccess } from './sandbox.ts';
import { SandboxState } from './sandbox-state.ts';
import { describeStep, planStepCredit, stepCheckId, stepChecks } from './step-content.ts';
import { authorityName, copyFilesScript, filesConfigMap, systemObjects, workspaceObject, workspacePod } from './system-objects.ts';

const HEALTHY_TIMEOUT_MS = 90_000;
/** A person who asks for the incident may have changed something a moment ago. */
const SETTLE_TIMEOUT_MS = 15_000;
const LIVE_TIMEOUT_MS = 90_000;
const SCRIPT_TIMEOUT_MS = 180_000;
/** The least between two looks. */
const POLL_MS = 250;

const START_SNAPSHOT = 'start';
const HEALTHY_SNAPSHOT = 'healthy';

/** A stage as proofs use it: with the lab's scripts, which the orchestrator only runs through steps. */
export interface ProvableStage extends LabStage {
  /** The lab has workloads that can be measured. */
  readonly isMeasured: boolean;
  /** Runs one of the lab's scripts in the workspace, as the trainee. */
  runScript(file: string): Promise<void>;
  /** Runs commands there one after the other, whatever each answers. */
  runCommands(commands: string): Promise<CommandOutcome>;
  /** From now on the lab's examples stand for what was written, or nothing does; `status` names a series in place of the lab's good one. */
  writeExamples(written: boolean, status?: string): void;
  /** Where these checks must fail, only they are made and what they wait for: the others count as passed, so that they cannot decide. */
  grade(context: Parameters<LabStage['grade']>[0], decidedBy?: readonly string[]): Promise<Scorecard>;
}

/** A lab in one sandbox. `access` is replaced in tests. */
export function createStage(
  lab: Lab,
  options: StageOptions,
  access = accessSandbox(options.kubeConfig, options.signal, options.place),
): ProvableStage {
  return new SandboxStage(lab, options, access);
}

class SandboxStage implements ProvableStage {
  readonly workspace: LabStage['workspace'];
  readonly #lab: RenderedLab;
  readonly #options: StageOptions;
  readonly #access: SandboxAccess;
  readonly #state: SandboxState;
  /** What is live, or will be: its report is told and its solution run. */
  #fault: string;
  #examplesWritten = false;
  #statusSeries: string | undefined;

  constructor(lab: Lab, options: StageOptions, access: SandboxAccess) {
    const { place } = access;
    const namespace = place?.hiddenNamespace ?? workspacePod.namespace;
    this.workspace = { ...workspacePod, namespace, shell: ['bash', '-c', 'cd ~/lab; exec bash'] };
    this.#lab = new RenderedLab(lab, options.variant, place);
    this.#options = options;
    this.#access = access;
    this.#state = new SandboxState(access, this.#lab.namespaces());
    this.#fault = options.fault ?? options.variant.fault;
  }

  get namespace(): string {
    return this.#lab.file.endpoint.namespace;
  }

  get isMeasured(): boolean {
    return this.#lab.file.measure.length > 0;
  }

  services(): readonly LabService[] {
    return this.#lab.file.services.map(({ metricsPath, ...service }) => ({
      ...service,
      ...(metricsPath === undefined ? {} : { metricsPath }),
    }));
  }

  async prepare(mode: AttemptMode): Promise<void> {
    const { objects } = this.#access;
    const { authority, offered } = await this.#step('namespace', 'Namespaces, access and the lab’s files', async () => {
      await this.#requireNodes();
      await this.#ensureNamespaces();
      const offered = await beginProviders(this.#access, this.#lab.file.providers);
      await createAbsent(objects, this.#lab.objects(this.#lab.file.start, offered));
      await createAbsent(objects, [filesConfigMap(this.#lab.workspaceFiles())]);
      if (!(await this.#state.isKept(START_SNAPSHOT))) await this.#state.keep(START_SNAPSHOT);
      return { authority: await ensureAuthority(objects), offered };
    });
    if (mode === 'incident') {
      await this.#step('deploy', 'The inference server is deployed', async () => {
        const values = await makeCredentialValues(authority, this.#lab.file.endpoint);
        await createAbsent(objects, this.#lab.objects(this.#lab.file.healthy, { ...values, ...offered }));
      });
    }
    await this.#step('workspace', 'Workspace and prober start', () => this.#ensurePods());
    if (mode === 'incident') await this.#step('healthy', 'The inference server loads its weights and answers', () => this.#becomeHealthy());
  }

  steps(): readonly StepContent[] {
    return this.#lab.file.steps.map((step) => describeStep(this.#lab, step, this.#requireFault(this.#fault)));
  }

  artefacts(): readonly OfferedArtefact[] {
    return offerArtefacts(this.#lab);
  }

  writeExamples(written: boolean, status?: string): void {
    this.#examplesWritten = written;
    this.#statusSeries = status;
  }

  checkStep(stepId: string, way: 'fully' | 'quietly' = 'fully'): Promise<readonly CheckResult[]> {
    return this.#translated(async () => {
      const step = this.#requireStep(stepId);
      const checks = stepChecks(this.#lab, step, this.#requireFault(this.#fault)).map((id) => this.#lab.check(id));
      const results = await (way === 'fully' ? lookOnce : lookQuietly)(checks, this.#context(undefined));
      return results.map((result) => ({ ...result, id: stepCheckId(stepId, result.id) }));
    });
  }

  async solveStep(stepId: string): Promise<void> {
    const step = this.#requireStep(stepId);
    const script = step.phase === 'incident' ? this.#requireFault(this.#fault).solution : step.solution;
    if (script === undefined) throw new StageError('UnknownStep', `The step ${stepId} has no solution to run.`);
    await this.runScript(script);
  }

  async runScript(file: string): Promise<void> {
    const outcome = await this.runCommands(`set -euo pipefail\n${this.#lab.text(file)}`);
    if (outcome.exitCode === 0) return;
    const said = (outcome.stderr || outcome.stdout).trim().slice(-600);
    throw new StageError('PlatformFailed', `${file} ended with ${outcome.exitCode}: ${said}`);
  }

  runCommands(commands: string): Promise<CommandOutcome> {
    const command = { ...workspacePod, command: ['bash', '-s'], stdin: `cd ~/lab\n${commands}`, timeoutMs: SCRIPT_TIMEOUT_MS };
    return this.#translated(() => this.#access.run({ ...command, signal: this.#options.signal }));
  }

  captureBaseline(): Promise<Baseline> {
    return this.#step('baseline', 'The healthy state is recorded', async () => {
      const { objects, clock } = this.#access;
      await awaitChecks(healthChecks(this.#lab), this.#context(undefined), SETTLE_TIMEOUT_MS);
      const workload = await fetchBaseline(objects, this.#lab.file.endpoint, this.#lab.parts());
      await this.#state.keep(HEALTHY_SNAPSHOT);
      return { capturedAt: new Date(clock.now()).toISOString(), data: workload };
    });
  }

  injectFault(faultId: string, baseline: Baseline): Promise<Injection> {
    const { fault, parameters } = this.#findFault(faultId);
    return this.#step('inject', 'Something breaks', async () => {
      const data = await fault.inject(this.#target(parseBaseline(baseline)), parameters);
      this.#fault = faultId;
      return { fault: faultId, injectedAt: new Date(this.#access.clock.now()).toISOString(), data };
    });
  }

  awaitLive(injection: Injection): ReturnType<LabStage['awaitLive']> {
    const { fault } = this.#findFault(injection.fault);
    const { clock } = this.#access;
    const startedAtMs = clock.now();
    return this.#step('proof', 'Waiting for proof that it is live', async () => {
      for (;;) {
        const proof = await fault.prove(this.#target(undefined), injection.data);
        const tookMs = clock.now() - startedAtMs;
        if (proof.live) return { live: true, tookMs } as const;
        if (tookMs > LIVE_TIMEOUT_MS) return { live: false, reason: proof.reason } as const;
        await sleep(clock, pollDelayMs(tookMs, POLL_MS), this.#options.signal);
      }
    });
  }

  recoverFault(injection: Injection): Promise<void> {
    const { fault } = this.#findFault(injection.fault);
    return this.#step('recover', 'The fault is taken back', () => fault.recover(this.#target(undefined), injection.data));
  }

  measure(signal: AbortSignal): Promise<readonly WorkloadMeasurement[]> {
    return this.#translated(async () => {
      await ensureProber(this.#access, this.#options.signal);
      const context = this.#context(undefined);
      return measureWorkloads(this.#lab.file, { ...context, signal: AbortSignal.any([context.signal, signal]) });
    });
  }

  resetTo(target: 'start' | 'healthy'): Promise<void> {
    return this.#step('reset', target === 'start' ? 'Back to the start' : 'Back to the healthy state', async () => {
      const { objects, run } = this.#access;
      const snapshot = target === 'start' ? START_SNAPSHOT : HEALTHY_SNAPSHOT;
      if (!(await this.#state.isKept(snapshot)))
        throw new StageError('NotHealthy', 'No healthy state has been recorded yet, so there is none to go back to.');
      // What a fault did outside of the namespace is in no snapshot, and what is kept to take it back would not fit the next injection.
      for (const { id } of this.#lab.file.faults.flatMap((fault) => [fault, ...fault.together]))
        await undoOutsideNamespaces(this.#target(undefined), id);
      await this.#endExperiments();
      await repairNodes(objects, this.#lab.file.needs.nodes);
      await this.#requireNodes();
      await this.#ensureNamespaces();
      await this.#ensurePods();
      await clearProviders(this.#access, this.#lab.file.providers);
      await this.#state.restore(snapshot, this.#options.signal);
      if (target === 'healthy') return this.#becomeHealthy();
      await run({ ...workspacePod, command: ['bash', '-c', copyFilesScript], timeoutMs: SCRIPT_TIMEOUT_MS, signal: this.#options.signal });
    });
  }

  grade(context: Parameters<LabStage['grade']>[0], decidedBy: readonly string[] = []): Promise<Scorecard> {
    return this.#translated(async () => {
      const { file, lab } = this.#lab;
      await ensureProber(this.#access, this.#options.signal);
      const fault = file.faults.find(({ id }) => id === context.injection.fault);
      const checks = [...new Set([...file.verdict, ...(fault?.verdict ?? [])])].map((id) => this.#lab.check(id));
      const results = await runDecisive(checks, decidedBy, this.#context(parseBaseline(context.baseline)));
      const built = planStepCredit(this.#lab, context.stepResults);
      return planScorecard([...built, ...results], {
        passMark: file.passMark,
        labHash: lab.summary.hash,
        gradedAtMs: this.#access.clock.now(),
      });
    });
  }

  /** A cluster that has not what the lab stands on is told of at once, and not as a pod that stays Pending. */
  async #requireNodes(): Promise<void> {
    const { nodes } = this.#lab.file.needs;
    const unmet = nodes.length === 0 ? undefined : findUnmetNeed(nodes, await this.#access.objects.list<Node>('Node'));
    if (unmet !== undefined) throw new StageError('PlatformFailed', unmet);
  }

  async #becomeHealthy(): Promise<void> {
    const { complete } = this.#lab.file;
    if (complete !== undefined) await this.runScript(complete);
    await awaitChecks(signsOfLife(this.#lab), this.#context(undefined), HEALTHY_TIMEOUT_MS);
  }

  /** On a shared cluster the substrate has made them, and the trainee's rights with them; what remains is how strict Pod Security is. */
  async #ensureNamespaces(): Promise<void> {
    const { objects, place } = this.#access;
    if (place === undefined) {
      await createAbsent(objects, systemObjects());
      await ensureNamespace(this.#access, this.namespace, this.#options.signal);
      return;
    }
    const labels = { 'pod-security.kubernetes.io/enforce': this.#lab.file.needs.podSecurity };
    await objects.patch({ kind: 'Namespace', name: place.namespace }, 'merge', { metadata: { labels } });
  }

  /** All pods of ours that the lab stands on. */
  async #ensurePods(): Promise<void> {
    const { signal } = this.#options;
    const workspace = workspaceObject(this.namespace, this.#lab.workspaceFiles());
    await Promise.all([ensureSystemPods(this.#access, workspace, signal), ensureProviders(this.#access, this.#lab.file.providers, signal)]);
  }

  /** They stand outside of the namespace that is put back, and would go on in it. */
  async #endExperiments(): Promise<void> {
    const { chaos } = this.#access;
    if (chaos !== undefined && (await chaos.isServed())) await chaos.deleteAll(systemNamespace);
  }

  #context(baseline: WorkloadBaseline | undefined): CheckContext {
    const { endpoint } = this.#lab.file;
    const { objects, prober, providers, clock } = this.#access;
    const credentials = new Credentials(objects, endpoint, { kind: 'Secret', namespace: systemNamespace, name: authorityName });
    return {
      endpoint,
      objects,
      prober,
      providers,
      watchMachine,
      clock,
      credentials,
      baseline,
      signal: this.#options.signal,
      readFile: (file) => this.#readFile(file),
      fetchIncident: () => this.#options.fetchIncident?.() ?? Promise.resolve(this.#exampleIncident()),
      artefacts: {
        fetch: (id) => this.#options.fetchArtefact?.(id) ?? Promise.resolve(this.#exampleOf(id)),
        classification: this.#lab.file.faults.find(({ id }) => id === this.#fault)?.classification,
      },
    };
  }

  #target(baseline: WorkloadBaseline | undefined): FaultTarget {
    const { vault, chaos } = this.#access;
    return { ...this.#context(baseline), vault, ...(chaos === undefined ? {} : { chaos }) };
  }

  #exampleOf(id: string): WrittenArtefact | undefined {
    const spec = this.#lab.file.artefacts.find((artefact) => artefact.id === id);
    if (spec === undefined || !this.#examplesWritten) return undefined;
    const { classification } = this.#requireFault(this.#fault);
    return { definition: defineArtefact(this.#lab, spec), content: exampleContent(this.#lab, spec, classification) };
  }

  #exampleIncident(): IncidentRecord | undefined {
    const series = this.#statusSeries ?? this.#lab.file.status;
    if (series === undefined || !this.#examplesWritten) return undefined;
    return parseStatusSeries(this.#lab.text(series), this.#access.clock.now());
  }

  #requireStep(stepId: string): LabStep {
    const step = this.#lab.file.steps.find(({ id }) => id === stepId);
    if (step === undefined) throw new StageError('UnknownStep', `The lab has no step ${stepId}.`);
    return step;
  }

  #requireFault(faultId: string): LabFault {
    const settings = this.#lab.file.faults.find(({ id }) => id === faultId);
    if (settings === undefined) throw new StageError('UnknownFault', `The lab has no fault ${faultId}.`);
    return settings;
  }

  #findFault(faultId: string): FaultPart {
    const settings = this.#requireFault(faultId);
    const parts = [settings, ...settings.together].map((part): FaultPart => {
      const fault = findFault(part.id);
      if (fault === undefined) throw new StageError('UnknownFault', `There is no fault ${part.id}.`);
      return { fault, parameters: part.with };
    });
    const [only, ...others] = parts;
    return only !== undefined && others.length === 0 ? only : { fault: combineFaults(parts), parameters: {} };
  }

  /** A file below the trainee's ~/lab; undefined when there is none. At most 64 KiB of it are read. */
  async #readFile(file: string): Promise<string | undefined> {
    const command = ['bash', '-c', 'cd ~/lab && [ -f "$1" ] && head -c 65536 -- "$1"', 'read', file];
    const outcome = await this.#access.run({ ...workspacePod, command, timeoutMs: 10_000, signal: this.#options.signal });
    return outcome.exitCode === 0 ? outcome.stdout : undefined;
  }

  async #step<T>(id: string, text: string, work: () => Promise<T>): Promise<T> {
    const startedAtMs = this.#access.clock.now();
    const tell = (state: 'done' | 'failed'): void =>
      this.#options.progress({ id, text, state, tookMs: this.#access.clock.now() - startedAtMs });
    this.#options.progress({ id, text, state: 'started' });
    try {
      const result = await this.#translated(work);
      tell('done');
      return result;
    } catch (error) {
      tell('failed');
      throw error;
    }
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#options.signal.throwIfAborted();
      if (!(error instanceof PlatformError)) throw error;
      throw new StageError(stageCode(error), describeError(error), { cause: error });
    }
  }
}

function stageCode({ code }: PlatformError): StageError['code'] {
  if (code === 'TimedOut') return 'TimedOut';
  return code === 'BaselineMissing' ? 'NotHealthy' : 'PlatformFailed';
}

function parseBaseline(baseline: Baseline): WorkloadBaseline {
  const parsed = workloadBaselineSchema.safeParse(baseline.data);
  if (!parsed.success) throw new StageError('PlatformFailed', 'The baseline of this attempt cannot be read.', { cause: parsed.error });
  return parsed.data;
}

import type { KubeConfig } from '@kubernetes/client-node';
import type { Scorecard } from '../../grader/verdict.ts';
import type { Baseline, Injection } from '../lab-stage.ts';
import { planLabVariant, type Lab } from '../lab.ts';
import type { NodeNeed } from '../node-needs.ts';
import type { SandboxPlace } from '../../infra/substrate/sandbox-place.ts';
import type { Ground } from '../../scenarios/faults/fault-ground.ts';
import { createStage, type ProvableStage } from '../stage.ts';
import { proveBuild } from './build.ts';
import { failingChecks, isUndecided, judgeProof, orderCases, planCases, type ProofCase } from './cases.ts';

/** Where sandboxes come from: the part of a substrate that a proof needs. */
export interface ProvingGround {
  readonly ground?: Ground;
  provision(
    sandboxId: string,
    progress: (text: string) => void,
    signal: AbortSignal,
    nodes?: readonly NodeNeed[],
  ): Promise<{ readonly operatorConfig: KubeConfig; readonly place?: SandboxPlace }>;
  release(sandboxId: string): Promise<void>;
}

export interface ProofOptions {
  readonly substrate: ProvingGround;
  /** Only this fault's cases. */
  readonly fault?: string;
  /** Every sandbox gets a variant of its own: the seed and the sandbox's number. */
  readonly seed: string;
  /** How often each state is graded; all verdicts must be the same. */
  readonly times: number;
  /** Sandboxes at once, of all labs together. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly report: (outcome: ProofOutcome) => void;
}

export interface ProofOutcome extends CaseOutcome {
  readonly lab: string;
}

export interface CaseOutcome {
  readonly group: ProofCase['group'] | 'build';
  readonly title: string;
  readonly fault: string | null;
  readonly expected: string;
  readonly ok: boolean;
  /** What came out wrong. */
  readonly problem: string | null;
  readonly score: number | null;
  readonly failing: readonly string[];
  readonly tookMs: number;
}

/** A lab while it is proven: its cases that nobody has begun, and how many sandboxes work them off. */
interface Proving {
  readonly lab: Lab;
  readonly queue: ProofCase[];
  /** Sandboxes that were given to it so far, the one in which it is built among them. */
  sandboxes: number;
  working: number;
  /** What its cases took so far, in milliseconds. */
  readonly took: number[];
  /** Asked once more already, since the platform could not tell. */
  readonly undecided: Set<ProofCase>;
}

/**
 * Runs every case of these labs. Each lab is built step by step in a sandbox of its own, and these are made first, as they take longest; then whatever
 * sandbox is free takes cases of the lab that has most of them left.
 */
export async function proveLabs(labs: readonly Lab[], options: ProofOptions): Promise<readonly ProofOutcome[]> {
  const outcomes: ProofOutcome[] = [];
  const report = (outcome: ProofOutcome): void => {
    outcomes.push(outcome);
    options.report(outcome);
  };
  const provings = labs.map((lab): Proving => ({
    lab,
    queue: [...orderCases(planCases(lab.example, options.fault), lab.example)],
    sandboxes: 0,
    working: 0,
    took: [],
    undecided: new Set(),
  }));
  const builds = options.fault === undefined ? [...provings] : [];
  const takeTasks = async (): Promise<void> => {
    for (;;) {
      const build = builds.shift();
      const proving = build ?? planNextLab(provings);
      if (proving === undefined) return;
      await (build === undefined ? proveCases(proving, options, report) : proveSteps(proving, options, report));
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: options.jobs }, takeTasks));
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
  return outcomes;
}

/** What a case takes of which none has ended yet. */
const USUAL_CASE_MS = 15_000;

interface Queue {
  readonly queue: readonly unknown[];
  readonly working: number;
  readonly took: readonly number[];
}

/** The lab for the next free sandbox: where each that works there has most before it. A sandbox for a last case alone is not worth its start. Pure. */
export function planNextLab<T extends Queue>(provings: readonly T[]): T | undefined {
  const caseMs = ({ took }: T): number => (took.length === 0 ? USUAL_CASE_MS : took.reduce((sum, each) => sum + each, 0) / took.length);
  const loadMs = (proving: T): number => (proving.queue.length * caseMs(proving)) / (proving.working + 1);
  const isWorth = ({ queue, working }: T): boolean => queue.length > working;
  return provings
    .filter(isWorth)
    .reduce<T | undefined>((most, each) => (most === undefined || loadMs(each) > loadMs(most) ? each : most), undefined);
}

async function proveSteps(proving: Proving, options: ProofOptions, report: (outcome: ProofOutcome) => void): Promise<void> {
  const steps = proving.lab.example.steps.filter(({ phase }) => phase === 'build').map(({ id }) => id);
  await withSandbox(proving, options, (stage) =>
    proveBuild(stage, steps, (outcome) => report({ lab: proving.lab.summary.slug, ...outcome })),
  );
}

async function withSandbox(proving: Proving, options: ProofOptions, work: (stage: ProvableStage) => Promise<void>): Promise<void> {
  const { lab } = proving;
  const { substrate, seed, signal } = options;
  const index = proving.sandboxes++;
  const id = `prove-${lab.summary.slug}-${index}-${process.pid.toString(36)}`;
  const sandbox = await substrate.provision(id, () => undefined, signal, lab.summary.nodes);
  try {
    const variant = planLabVariant(lab, `${seed}-${index}`, options.fault);
    await work(createStage(lab, { variant, kubeConfig: sandbox.operatorConfig, place: sandbox.place, signal, progress: () => undefined }));
  } finally {
    await substrate.release(id);
  }
}

async function proveCases(proving: Proving, options: ProofOptions, report: (outcome: ProofOutcome) => void): Promise<void> {
  proving.working += 1;
  try {
    await withSandbox(proving, options, async (stage) => {
      await stage.prepare('incident');
      stage.writeExamples(true);
      await workOff(stage, proving, options, report);
    });
  } finally {
    proving.working -= 1;
  }
}

async function workOff(
  stage: ProvableStage,
  { lab, queue, took, undecided }: Proving,
  { times, signal, substrate }: ProofOptions,
  report: (outcome: ProofOutcome) => void,
): Promise<void> {
  const baseline = await stage.captureBaseline();
  for (let isFirst = true, next = queue.shift(); next !== undefined; isFirst = false, next = queue.shift()) {
    const startedAt = performance.now();
    const proofCase = next;
    const scorecards = await runCase(stage, proofCase, { baseline, isFirst, times }).catch((error: unknown) => {
      signal.throwIfAborted();
      return error instanceof Error ? error : new Error(String(error));
    });
    const tookMs = performance.now() - startedAt;
    took.push(tookMs);
    if (!(scorecards instanceof Error) && isUndecided(proofCase, scorecards) && !undecided.has(proofCase)) {
      undecided.add(proofCase);
      queue.push(proofCase);
      continue;
    }
    report({
      lab: lab.summary.slug,
      ...toOutcome(proofCase, isRefusedCheat(proofCase, scorecards, substrate) ? 'refused' : scorecards, tookMs),
    });
  }
}

async function runCase(
  stage: ProvableStage,
  proofCase: ProofCase,
  { baseline, isFirst, times }: { baseline: Baseline; isFirst: boolean; times: number },
): Promise<readonly Scorecard[]> {
  if (!isFirst) await stage.resetTo('healthy');
  const injection = await injectFor(stage, proofCase, baseline);
  if (proofCase.script !== undefined) await stage.runScript(proofCase.script);
  stage.writeExamples(true, proofCase.status);
  const scorecards: Scorecard[] = [];
  // Asked for more than once, a cheat too is graded whole: then the verdicts themselves are what is proven.
  const decidedBy = times === 1 && proofCase.group === 'cheat' ? proofCase.caughtBy : [];
  for (let round = 0; round < times; round += 1) scorecards.push(await stage.grade({ baseline, injection, stepResults: [] }, decidedBy));
  return scorecards;
}

async function injectFor(stage: ProvableStage, { fault }: ProofCase, baseline: Baseline): Promise<Injection> {
  if (fault === undefined) return { fault: 'none', injectedAt: baseline.capturedAt, data: null };
  const injection = await stage.injectFault(fault, baseline);
  const live = await stage.awaitLive(injection);
  if (!live.live) throw new Error(`the fault did not come alive: ${live.reason}`);
  return injection;
}

/** On a shared cluster some cheats reach for what is not the trainee's, and are caught before anything is graded. */
export function isRefusedCheat(
  { group }: Pick<ProofCase, 'group'>,
  outcome: readonly Scorecard[] | Error,
  { ground }: Pick<ProvingGround, 'ground'>,
): boolean {
  return ground?.ownCluster === false && group === 'cheat' && outcome instanceof Error && outcome.message.includes('(Forbidden)');
}

function toOutcome(proofCase: ProofCase, result: readonly Scorecard[] | Error | 'refused', tookMs: number): CaseOutcome {
  const scorecards = result === 'refused' || result instanceof Error ? [] : result;
  const judged = result instanceof Error ? result.message : judgeProof(proofCase, scorecards);
  const problem = result === 'refused' ? undefined : judged;
  const last = scorecards.at(-1);
  return {
    group: proofCase.group,
    title: proofCase.title,
    fault: proofCase.fault ?? null,
    expected: proofCase.expected,
    ok: problem === undefined,
    problem: problem ?? null,
    score: last?.score ?? null,
    failing: result === 'refused' ? ['refused by the cluster'] : last === undefined ? [] : failingChecks(last),
    tookMs: Math.round(tookMs),
  };
}

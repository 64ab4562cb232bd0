import type { KubeConfig } from '@kubernetes/client-node';
import type { Scorecard } from '../../grader/verdict.ts';
import type { Baseline, Injection } from '../lab-stage.ts';
import { planLabVariant, type Lab } from '../lab.ts';
import type { NodeNeed } from '../node-needs.ts';
import { createStage, type ProvableStage } from '../stage.ts';
import { proveBuild } from './build.ts';
import { failingChecks, judgeProof, planCases, type ProofCase } from './cases.ts';

/** Where sandboxes come from: the part of a substrate that a proof needs. */
export interface ProvingGround {
  provision(
    sandboxId: string,
    progress: (text: string) => void,
    signal: AbortSignal,
    nodes?: readonly NodeNeed[],
  ): Promise<{ readonly operatorConfig: KubeConfig }>;
  release(sandboxId: string): Promise<void>;
}

export interface ProofOptions {
  readonly lab: Lab;
  readonly substrate: ProvingGround;
  /** Only this fault's cases. */
  readonly fault?: string;
  /** Every sandbox gets a variant of its own: the seed and the sandbox's number. */
  readonly seed: string;
  /** How often each state is graded; all verdicts must be the same. */
  readonly times: number;
  /** Sandboxes at once. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly report: (outcome: ProofOutcome) => void;
}

export interface ProofOutcome {
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

/** Runs every case of a lab. Cases are taken from one list by as many sandboxes as there are jobs; one more builds the lab step by step. */
export async function proveLab(options: ProofOptions): Promise<readonly ProofOutcome[]> {
  const outcomes: ProofOutcome[] = [];
  const report = (outcome: ProofOutcome): void => {
    outcomes.push(outcome);
    options.report(outcome);
  };
  // Long ones first, so that no sandbox is left alone with one at the end.
  const queue = [...planCases(options.lab.example, options.fault)].sort(
    (a, b) => Number(a.expected === 'failed') - Number(b.expected === 'failed'),
  );
  const workers = Array.from({ length: Math.max(1, Math.min(options.jobs, queue.length)) }, async (_, index) =>
    withSandbox(options, index, async (stage) => {
      await stage.prepare('incident');
      stage.writeExamples(true);
      await proveCases(stage, queue, options, report);
    }),
  );
  const steps = options.lab.example.steps.filter(({ phase }) => phase === 'build').map(({ id }) => id);
  const build =
    options.fault === undefined ? [withSandbox(options, workers.length, async (stage) => proveBuild(stage, steps, report))] : [];
  const settled = await Promise.allSettled([...workers, ...build]);
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
  return outcomes;
}

async function withSandbox(options: ProofOptions, index: number, work: (stage: ProvableStage) => Promise<void>): Promise<void> {
  const { substrate, lab, seed, signal } = options;
  const id = `prove-${index}-${process.pid.toString(36)}`;
  const sandbox = await substrate.provision(id, () => undefined, signal, lab.summary.nodes);
  try {
    const variant = planLabVariant(lab, `${seed}-${index}`, options.fault);
    await work(createStage(lab, { variant, kubeConfig: sandbox.operatorConfig, signal, progress: () => undefined }));
  } finally {
    await substrate.release(id);
  }
}

async function proveCases(
  stage: ProvableStage,
  queue: ProofCase[],
  options: ProofOptions,
  report: (outcome: ProofOutcome) => void,
): Promise<void> {
  const baseline = await stage.captureBaseline();
  for (let isFirst = true, next = queue.shift(); next !== undefined; isFirst = false, next = queue.shift()) {
    const startedAt = performance.now();
    const proofCase = next;
    const scorecards = await runCase(stage, proofCase, { baseline, isFirst, times: options.times }).catch((error: unknown) => {
      options.signal.throwIfAborted();
      return error instanceof Error ? error : new Error(String(error));
    });
    report(toOutcome(proofCase, scorecards, performance.now() - startedAt));
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
  for (let round = 0; round < times; round += 1) scorecards.push(await stage.grade({ baseline, injection, stepResults: [] }));
  return scorecards;
}

async function injectFor(stage: ProvableStage, { fault }: ProofCase, baseline: Baseline): Promise<Injection> {
  if (fault === undefined) return { fault: 'none', injectedAt: baseline.capturedAt, data: null };
  const injection = await stage.injectFault(fault, baseline);
  const live = await stage.awaitLive(injection);
  if (!live.live) throw new Error(`the fault did not come alive: ${live.reason}`);
  return injection;
}

function toOutcome(proofCase: ProofCase, scorecards: readonly Scorecard[] | Error, tookMs: number): ProofOutcome {
  const problem = scorecards instanceof Error ? scorecards.message : judgeProof(proofCase, scorecards);
  const last = scorecards instanceof Error ? undefined : scorecards.at(-1);
  return {
    group: proofCase.group,
    title: proofCase.title,
    fault: proofCase.fault ?? null,
    expected: proofCase.expected,
    ok: problem === undefined,
    problem: problem ?? null,
    score: last?.score ?? null,
    failing: last === undefined ? [] : failingChecks(last),
    tookMs: Math.round(tookMs),
  };
}

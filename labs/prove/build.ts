import { setTimeout as delay } from 'node:timers/promises';
import type { StageError } from '../lab-stage.ts';
import { findMisses } from '../measure.ts';
import type { ProvableStage } from '../stage.ts';
import type { CaseOutcome } from './prove.ts';
import { runBlocksOf } from './run-blocks.ts';

const STEP_TIMEOUT_MS = 30_000;
const STEP_POLL_MS = 500;
/** What a shell says of instructions that were never tried. */
const untried = /command not found|No such file or directory|unknown (flag|command)|syntax error/;

type Way = 'by its solution' | 'by its instructions';

/**
 * Builds the lab twice, from the start each time: by the solutions that skipping runs, and by nothing but the commands of the instructions. Every step fails
 * before and passes after; what then stands is healthy enough for a baseline. Answers one outcome a step.
 */
export async function proveBuild(stage: ProvableStage, steps: readonly string[], report: (outcome: CaseOutcome) => void): Promise<void> {
  await stage.prepare('guided');
  if (!(await proveSteps(stage, steps, 'by its solution', report))) return;
  if (stage.isMeasured) report(await timed('What can be measured reaches its aims', () => proveMeasure(stage)));
  const reset = await timed('Back to the start', async () => {
    await stage.resetTo('start');
    return undefined;
  });
  report(reset);
  if (reset.ok) await proveSteps(stage, steps, 'by its instructions', report);
}

async function proveSteps(
  stage: ProvableStage,
  steps: readonly string[],
  way: Way,
  report: (outcome: CaseOutcome) => void,
): Promise<boolean> {
  for (const step of steps) {
    const outcome = await timed(`Step ${step}, ${way}`, () => proveStep(stage, step, way));
    report(outcome);
    if (!outcome.ok) return false;
  }
  const outcome = await timed(`What was built is healthy (${way})`, async () => {
    await stage.captureBaseline();
    return undefined;
  });
  report(outcome);
  return outcome.ok;
}

/** What trainees see of their own work must agree with what they are judged by. */
async function proveMeasure(stage: ProvableStage): Promise<string | undefined> {
  const misses = (await stage.measure(new AbortController().signal)).flatMap(findMisses);
  return misses.length === 0 ? undefined : misses.join(' | ');
}

async function proveStep(stage: ProvableStage, stepId: string, way: Way): Promise<string | undefined> {
  stage.writeExamples(false);
  const before = await stage.checkStep(stepId);
  if (before.every(({ verdict }) => verdict.kind === 'pass')) return 'all its checks pass before it is done';
  const said = way === 'by its solution' ? await stage.solveStep(stepId).then(() => '') : await followInstructions(stage, stepId);
  stage.writeExamples(true);
  if (untried.test(said)) return `its instructions do not run: ${said.slice(-300)}`;
  // Before there are probes a pod is ready before its server listens; the pages look again every few seconds, too.
  const deadline = Date.now() + STEP_TIMEOUT_MS;
  for (;;) {
    const results = await stage.checkStep(stepId);
    const failing = results.flatMap(({ id, verdict }) => (verdict.kind === 'pass' ? [] : [`${id}: ${verdict.reason}`]));
    if (failing.length === 0) return undefined;
    if (Date.now() > deadline) return failing.join(' | ');
    await delay(STEP_POLL_MS);
  }
}

/** Some commands are shown because they fail; what counts is what the checks see afterwards. */
async function followInstructions(stage: ProvableStage, stepId: string): Promise<string> {
  const step = stage.steps().find(({ id }) => id === stepId);
  const { stderr } = await stage.runCommands(runBlocksOf(step?.markdown ?? '').join('\n'));
  return stderr;
}

async function timed(title: string, work: () => Promise<string | undefined>): Promise<CaseOutcome> {
  const startedAt = performance.now();
  const problem = await work().catch((error: unknown) => {
    if ((error as StageError | undefined)?.name === 'AbortError') throw error;
    return error instanceof Error ? error.message : String(error);
  });
  const tookMs = Math.round(performance.now() - startedAt);
  return {
    group: 'build',
    title,
    fault: null,
    expected: 'passed',
    ok: problem === undefined,
    problem: problem ?? null,
    score: null,
    failing: [],
    tookMs,
  };
}

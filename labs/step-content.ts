import type { CheckResult } from '../grader/verdict.ts';
import type { LabStep } from './lab-schema.ts';
import type { StepContent } from './lab-stage.ts';
import type { RenderedLab } from './lab.ts';

/** One check may stand in several steps. */
export function stepCheckId(stepId: string, checkId: string): string {
  return `${stepId}/${checkId}`;
}

/** A step as its trainee sees it. `report` is what the incident's step tells of the fault. Pure. */
export function describeStep(lab: RenderedLab, step: LabStep, report: string): StepContent {
  return {
    id: step.id,
    title: step.title,
    phase: step.phase,
    markdown: lab.text(step.instructions, { report }),
    checks: step.checks.map((id) => {
      const { title, explain } = lab.check(id);
      return { id: stepCheckId(step.id, id), title, explain };
    }),
    hints: step.hints.map(({ title, text, unlockAfter }) => ({ title, markdown: text, unlockAfterSeconds: unlockAfter / 1000 })),
  };
}

/**
 * What was proven step by step counts as it was then; the incident's own checks are made afresh. None of it is critical: an incident is decided by
 * the state that it ends in. Pure.
 */
export function planStepCredit(lab: RenderedLab, results: readonly CheckResult[]): readonly CheckResult[] {
  const steps = lab.file.steps.filter(({ phase }) => phase === 'build');
  const ids = new Set(steps.flatMap((step) => step.checks.map((check) => stepCheckId(step.id, check))));
  return results.filter(({ id }) => ids.has(id)).map((result) => ({ ...result, critical: false }));
}

import type { CheckResult } from '../grader/verdict.ts';
import type { LabFault, LabStep } from './lab-schema.ts';
import type { StepContent } from './lab-stage.ts';
import type { RenderedLab } from './lab.ts';

/** One check may stand in several steps. */
export function stepCheckId(stepId: string, checkId: string): string {
  return `${stepId}/${checkId}`;
}

/** A step's own checks, and in the incident what its fault alone is judged by and does not hide. Pure. */
export function stepChecks(lab: RenderedLab, step: LabStep, fault: LabFault): readonly string[] {
  if (step.phase === 'build') return step.checks;
  return [...new Set([...step.checks, ...fault.verdict.filter((id) => !lab.check(id).hidden)])];
}

/** A step as its trainee sees it, with that fault in the incident. Pure. */
export function describeStep(lab: RenderedLab, step: LabStep, fault: LabFault): StepContent {
  return {
    id: step.id,
    title: step.title,
    phase: step.phase,
    markdown: lab.text(step.instructions, { report: fault.report }),
    checks: stepChecks(lab, step, fault).map((id) => {
      const { title, explain } = lab.check(id);
      return { id: stepCheckId(step.id, id), title, explain };
    }),
    hints: step.hints.map(({ title, text, unlockAfter }) => ({ title, markdown: lab.words(text), unlockAfterSeconds: unlockAfter / 1000 })),
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

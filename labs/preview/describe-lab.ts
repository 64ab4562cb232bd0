import { defineArtefact, exampleContent } from '../lab-artefacts.ts';
import { planLabVariant, RenderedLab, type Lab } from '../lab.ts';
import { describeStep } from '../step-content.ts';

export interface PreviewChoice {
  readonly seed: string;
  /** Absent, or none of the lab's: the seed decides. */
  readonly fault?: string | undefined;
}

/** A lab's variant as its trainees will see it, and beside it what they will not. JSON; see server/contract/preview.ts. Pure. */
export function describeLab(lab: Lab, choice: PreviewChoice): object {
  const known = lab.example.faults.some(({ id }) => id === choice.fault);
  const variant = planLabVariant(lab, choice.seed, known ? choice.fault : undefined);
  const rendered = new RenderedLab(lab, variant);
  const { file } = rendered;
  const fault = file.faults.find(({ id }) => id === variant.fault);
  if (fault === undefined) throw new RangeError(`The lab has no fault ${variant.fault}.`);
  return {
    slug: lab.summary.slug,
    version: file.version,
    title: file.title,
    hash: lab.summary.hash,
    seed: choice.seed,
    fault: variant.fault,
    faults: lab.summary.faults,
    values: variant.values,
    steps: file.steps.map((step) => describeStep(rendered, step, fault)),
    verdict: [...new Set([...file.verdict, ...fault.verdict])].map((id) => {
      const { title, explain, kind, dimension, weight, critical, hidden } = rendered.check(id);
      return { id, title, explain, kind, dimension, weight, critical, hidden };
    }),
    artefacts: file.artefacts.map((spec) => ({
      ...defineArtefact(rendered, spec),
      example: exampleContent(rendered, spec, fault.classification),
    })),
  };
}

import { z } from 'zod';
import { checkFields } from '../check-fields.ts';
import { observe, type CheckContext } from '../check-context.ts';
import { artefactDemandSchema, findUnmet } from '../artefacts/demands.ts';
import type { Verdict } from '../verdict.ts';
import { fail, pass } from '../verdicts.ts';

/** Something written in the product, judged by what a machine can judge. All demands must be met. */
export const artefactCheckSchema = z
  .strictObject({
    ...checkFields,
    kind: z.literal('artefact'),
    artefact: z.string().min(1),
    demands: z.array(artefactDemandSchema).min(1).max(12),
  })
  .refine(({ critical }) => !critical, 'what is written adds to the score; the state of the service decides');

export type ArtefactCheck = z.infer<typeof artefactCheckSchema>;

export async function runArtefactCheck(check: ArtefactCheck, context: CheckContext): Promise<Verdict> {
  const written = await context.artefacts?.fetch(check.artefact);
  if (written === undefined)
    return fail('Nothing has been written yet. Open the tab Artefacts.', [observe(context, 'note', `No ${check.artefact} was kept.`)]);
  const { title } = written.definition;
  // Only keys that were read are known, so the one that a text is most likely to hold is read now.
  if (check.demands.some(({ of }) => of === 'safe')) await context.credentials.key('good');
  const facts = { classification: context.artefacts?.classification, secrets: context.credentials.secrets };
  const evidence = [observe(context, 'file', `${title}, as it was kept.`, written.content)];
  const unmet = check.demands.map((demand) => findUnmet(demand, written, facts)).find((reason) => reason !== undefined);
  return unmet === undefined ? pass(evidence) : fail(`${title}: ${unmet}`, evidence);
}

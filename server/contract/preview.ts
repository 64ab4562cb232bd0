import { z } from 'zod';
import { artefactContentSchema, artefactFieldSchema } from './artefacts.ts';
import { labProblemSchema } from './labs.ts';

/**
 * What `npm run lab -- preview` serves to a lab's author, on this machine only:
 * GET /api/preview?seed=&fault= -> previewSchema
 * A lab that does not load is null, and its problems say why; the page keeps the last one that did.
 */
export const previewLabSchema = z.strictObject({
  slug: z.string(),
  version: z.string(),
  title: z.string(),
  /** Changes with every edit. */
  hash: z.string(),
  seed: z.string(),
  fault: z.string(),
  faults: z.array(z.strictObject({ id: z.string(), title: z.string() })),
  /** What the seed decided. */
  values: z.record(z.string(), z.union([z.string(), z.number()])),
  steps: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      phase: z.enum(['build', 'incident']),
      markdown: z.string(),
      checks: z.array(z.strictObject({ id: z.string(), title: z.string(), explain: z.string() })),
      hints: z.array(z.strictObject({ title: z.string(), markdown: z.string(), unlockAfterSeconds: z.number() })),
    }),
  ),
  verdict: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      explain: z.string(),
      kind: z.string(),
      dimension: z.string(),
      weight: z.number(),
      critical: z.boolean(),
      hidden: z.boolean(),
    }),
  ),
  artefacts: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      purpose: z.string(),
      fields: z.array(artefactFieldSchema),
      rubric: z.array(z.strictObject({ id: z.string(), title: z.string() })),
      /** A good one, filled in. */
      example: artefactContentSchema,
    }),
  ),
});
export type PreviewLab = z.infer<typeof previewLabSchema>;

export const previewSchema = z.strictObject({ lab: previewLabSchema.nullable(), problems: z.array(labProblemSchema) });
export type Preview = z.infer<typeof previewSchema>;

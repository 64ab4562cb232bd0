import { z } from 'zod';

const slug = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'Small letters, digits and hyphens, beginning with a letter')
  .max(60);
const sentence = z.string().trim().min(3).max(400);

const common = {
  id: slug,
  title: z.string().trim().min(3).max(120),
  /** What to do for it, told to whoever has not met it. */
  next: sentence,
  /** To renew, it has to be met anew since the certificate was issued. */
  again: z.boolean().default(false),
};

/** One file a kind would be more files than words: each kind is one question to the facts (see requirements.ts). */
const requirementSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lab-passed'), ...common, lab: slug }),
  z.strictObject({ kind: z.literal('artefact-accepted'), ...common, artefact: slug, lab: slug.optional() }),
  z.strictObject({ kind: z.literal('drill-led'), ...common, role: slug, count: z.int().min(1).max(20).default(1) }),
  z.strictObject({ kind: z.literal('improvement-accepted'), ...common }),
  z.strictObject({ kind: z.literal('certificate-held'), ...common, certificate: slug }),
]);
export type Requirement = z.infer<typeof requirementSchema>;

/** What certificates/NAME.yaml holds. NAME is the certificate's id. */
export const definitionSchema = z.strictObject({
  title: z.string().trim().min(3).max(120),
  summary: sentence,
  /** Markdown; becomes the badge's criteria. */
  criteria: z.string().trim().min(20).max(4000),
  tags: z.array(z.string().min(2).max(40)).max(10).default([]),
  /** Absent: it never expires. */
  validMonths: z.int().min(1).max(120).optional(),
  renewal: z
    .strictObject({
      opensDaysBefore: z.int().min(1).max(365),
      remindDaysBefore: z.array(z.int().min(1).max(365)).max(10).default([]),
    })
    .optional(),
  requirements: z
    .array(requirementSchema)
    .min(1)
    .max(20)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'Two requirements have the same id'),
});

export type Definition = z.infer<typeof definitionSchema> & {
  readonly id: string;
  /** sha256 of the file, in hex: issued certificates name it. */
  readonly hash: string;
};

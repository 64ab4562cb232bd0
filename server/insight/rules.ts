import { z } from 'zod';
import { dimensionSchema } from '../../grader/check-fields.ts';
import { skillLevelSchema } from '../contract/insight.ts';

const slugSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'Small letters, digits and hyphens, beginning with a letter')
  .max(60);
const daysSchema = z.int().min(1).max(3_650);
const shareSchema = z.number().min(0).max(1);

export type Dimension = z.infer<typeof dimensionSchema>;
/** In the scorecard's order. */
export const dimensions: readonly Dimension[] = dimensionSchema.options;

/** What oncall/skills.yaml holds. */
export const skillRulesSchema = z
  .strictObject({
    halfLifeDays: daysSchema,
    meets: shareSchema,
    exceeds: shareSchema,
    minChecks: z.int().min(1).max(100),
    exceedsChecks: z.int().min(1).max(100),
    exceedsLabs: z.int().min(1).max(20),
    validDays: daysSchema,
    dimensions: z.record(
      dimensionSchema,
      z.strictObject({ labs: z.array(slugSchema).max(10), validDays: daysSchema.optional() }),
      'Say of each of the eight dimensions which labs show it',
    ),
  })
  .refine(({ meets, exceeds }) => exceeds >= meets, { path: ['exceeds'], message: 'Must not be below meets' });
export type SkillRules = z.infer<typeof skillRulesSchema>;

/** One way to have what is asked for. Without `withinDays` it counts however long ago it was. */
const waySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('certificate-held'), certificate: slugSchema }),
  z.strictObject({ kind: z.literal('skills-met'), skills: z.partialRecord(dimensionSchema, skillLevelSchema.exclude(['not yet'])) }),
  z.strictObject({ kind: z.literal('lab-passed'), labs: z.array(slugSchema).min(1).max(20), withinDays: daysSchema.optional() }),
  z.strictObject({ kind: z.literal('drill-led'), role: slugSchema, withinDays: daysSchema.optional() }),
]);
export type Way = z.infer<typeof waySchema>;

/** What oncall/services/NAME.yaml holds. NAME is the service family's id. */
export const serviceSchema = z.strictObject({
  title: z.string().trim().min(3).max(120),
  summary: z.string().trim().min(3).max(400),
  requires: z
    .array(z.strictObject({ title: z.string().trim().min(3).max(120), anyOf: z.array(waySchema).min(1).max(10) }))
    .min(1)
    .max(10),
});
export type ServiceRules = z.infer<typeof serviceSchema> & { readonly id: string };
export type Requirement = ServiceRules['requires'][number];

export interface InsightRules {
  readonly skills: SkillRules;
  readonly services: readonly ServiceRules[];
}

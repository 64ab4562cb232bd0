import { z } from 'zod';
import { partSchema } from './endpoint.ts';

/** `500ms`, `6s`, `2m`, to milliseconds. */
export const durationSchema = z
  .string()
  .regex(/^\d+(ms|s|m)$/, 'must be a duration such as 500ms, 6s or 2m')
  .transform((text) => {
    const amount = Number.parseInt(text, 10);
    return text.endsWith('ms') ? amount : text.endsWith('m') ? amount * 60_000 : amount * 1000;
  });

export const dimensionSchema = z.enum([
  'cloud-kubernetes',
  'iac-cicd',
  'mlops-lifecycle',
  'observability-reliability',
  'security-governance',
  'system-design',
  'communication',
  'collaboration',
]);

/** What every kind of check has. */
export const checkFields = {
  title: z.string().min(1).max(120),
  /** Why it matters, for the trainee; also what a failed hidden check says instead of what it saw. */
  explain: z.string().min(1).max(600),
  dimension: dimensionSchema,
  weight: z.number().positive().max(100).default(1),
  /** The verdict is `failed` when this one is, whatever the score. */
  critical: z.boolean().default(false),
  /** Not told before the verdict, and afterwards only in general words. */
  hidden: z.boolean().default(false),
  /** How long it may take to become true. */
  within: durationSchema.prefault('0s'),
  /** How long it must then stay true without a break. */
  holdFor: durationSchema.prefault('0s'),
  every: durationSchema.prefault('1s'),
  /** Checks that must have passed before this one is tried. */
  after: z.array(z.string()).default([]),
  /** What it is about where that is not the endpoint. */
  part: partSchema.optional(),
};

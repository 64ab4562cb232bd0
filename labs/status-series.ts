import { parse } from 'yaml';
import { z } from 'zod';
import { durationSchema } from '../grader/check-fields.ts';
import { statusAudiences, statusKinds, type IncidentRecord } from '../grader/incidents/status-update.ts';

const words = z.string().max(2_000);

/**
 * Status updates as a lab hands them in to prove itself, on a clock of their own: all times count from the moment when the fault is live. Without `looks`
 * the service is well from the first minute on.
 */
const statusSeriesSchema = z.strictObject({
  /** When the verdict is asked for. */
  end: durationSchema,
  /** How the service is seen from outside, from each time on: what does not hold, or nothing. */
  looks: z.array(z.strictObject({ at: durationSchema, failing: z.array(z.string()) })).default([]),
  /** When the clock stood. */
  pauses: z.array(z.strictObject({ from: durationSchema, to: durationSchema })).default([]),
  updates: z
    .array(
      z.strictObject({
        at: durationSchema,
        kind: z.enum(statusKinds),
        audience: z.enum(statusAudiences).default('users'),
        text: words.min(1),
        impact: words.default(''),
        scope: words.default(''),
        /** Until the next word, from this one on. */
        next: durationSchema.optional(),
        corrects: z.int().min(1).optional(),
      }),
    )
    .max(60),
});

/** A series, ending at `endMs`, as the grader gets it. Throws ZodError or YAMLParseError for one that is none. Pure. */
export function parseStatusSeries(text: string, endMs: number): IncidentRecord {
  const { end, looks, pauses, updates } = statusSeriesSchema.parse(parse(text));
  const startedAtMs = endMs - end;
  return {
    updates: updates.map(({ at, next, corrects, ...told }, index) => ({
      ...told,
      seq: index + 1,
      atMs: startedAtMs + at,
      nextAtMs: next === undefined ? null : startedAtMs + at + next,
      corrects: corrects ?? null,
    })),
    samples: looks.map(({ at, failing }) => ({ atMs: startedAtMs + at, failing })),
    clock: {
      startedAtMs,
      untilMs: endMs,
      isOver: true,
      pauses: pauses.map(({ from, to }) => ({ fromMs: startedAtMs + from, toMs: startedAtMs + to })),
    },
  };
}

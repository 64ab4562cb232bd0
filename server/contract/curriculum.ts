import { z } from 'zod';
import { artefactStateSchema } from './artefacts.ts';
import { trackSchema } from './labs.ts';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';

/**
 * What is due within ninety days, by a person's track.
 * GET /api/curriculum               -> personCurriculumSchema (the caller's own)
 * GET /api/curriculum/people/:id    -> personCurriculumSchema (oneself, the person's mentor, instructors and managers)
 * GET /api/curriculum/cohorts/:id   -> cohortCurriculumSchema (instructors and managers)
 */
export const curriculumStateSchema = z.enum(['upcoming', 'due-soon', 'overdue', 'done', 'done-late']);
export type CurriculumState = z.infer<typeof curriculumStateSchema>;

const artefactRefSchema = z.strictObject({ id: z.string(), title: z.string(), state: artefactStateSchema });

export const curriculumItemSchema = z.strictObject({
  /** Of its kind and lab; the same for all members of a cohort. */
  id: z.string(),
  kind: z.enum(['readiness', 'lab', 'certificate']),
  title: z.string(),
  lab: z.string().nullable(),
  phase: z.enum(['baseline', 'labs', 'certify']),
  dueDay: z.int(),
  /** The end of that day, counted from the cohort's start. */
  dueAt: instantSchema,
  state: curriculumStateSchema,
  doneAt: instantSchema.nullable(),
  outcome: z.enum(['passed', 'failed']).nullable(),
  /** The attempt that counts, or else the newest. */
  attemptId: z.string().nullable(),
  /** What is to be written in that attempt. */
  artefacts: z.array(artefactRefSchema),
});
export type CurriculumItem = z.infer<typeof curriculumItemSchema>;

const cohortRefSchema = z.strictObject({ id: idSchema, name: z.string() });

export const personCurriculumSchema = z.strictObject({
  person: personRefSchema,
  track: trackSchema.nullable(),
  /** Where the track is from: the person's placement, or else the cohort's own. */
  trackFrom: z.enum(['placement', 'cohort', 'nothing']),
  /** One for each cohort with a programme. */
  programmes: z.array(
    z.strictObject({ cohort: cohortRefSchema, startsAt: instantSchema, day: z.int(), items: z.array(curriculumItemSchema) }),
  ),
  /** Attempts with something that was handed in, the newest first, whether the programme asks for them or not. */
  work: z.array(
    z.strictObject({ attemptId: idSchema, title: z.string(), startedAt: instantSchema, artefacts: z.array(artefactRefSchema) }),
  ),
});
export type PersonCurriculum = z.infer<typeof personCurriculumSchema>;

export const cohortCurriculumSchema = z.strictObject({
  cohort: cohortRefSchema,
  /** Null: nobody has said when it starts. */
  startsAt: instantSchema.nullable(),
  day: z.int().nullable(),
  columns: z.array(z.strictObject({ id: z.string(), title: z.string(), dueDay: z.int() })),
  people: z.array(
    z.strictObject({
      person: personRefSchema,
      track: trackSchema.nullable(),
      trackFrom: z.enum(['placement', 'cohort', 'nothing']),
      mentors: z.array(personRefSchema),
      items: z.array(curriculumItemSchema),
    }),
  ),
});
export type CohortCurriculum = z.infer<typeof cohortCurriculumSchema>;
export type CohortCurriculumRow = CohortCurriculum['people'][number];

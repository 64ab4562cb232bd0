import { z } from 'zod';
import { idSchema, instantSchema, personRefSchema } from './roles.ts';

/**
 * Who mentors whom. A mentor reads the progress and the artefacts of those assigned to them, reviews the artefacts, and nothing else.
 * GET    /api/mentoring                    -> mentoringSchema (the caller's mentors and those they mentor, present and past)
 * GET    /api/mentoring/pairs              -> mentorPairsSchema (instructors and managers)
 * POST   /api/mentoring/pairs              assignMentorSchema -> mentorPairSchema (201; instructors)
 * DELETE /api/mentoring/pairs/:id          -> 204 (instructors; ends it, and its notes stay)
 * GET    /api/mentoring/pairs/:id/notes    -> mentorNotesSchema (the two of them only)
 * POST   /api/mentoring/pairs/:id/notes    writeNoteSchema -> mentorNotesSchema (201; the two of them, until it has ended)
 */
export const mentorPairSchema = z.strictObject({
  id: idSchema,
  mentor: personRefSchema,
  trainee: personRefSchema,
  since: instantSchema,
  endedAt: instantSchema.nullable(),
});
export type MentorPair = z.infer<typeof mentorPairSchema>;
export const mentorPairsSchema = z.strictObject({ pairs: z.array(mentorPairSchema) });

const ownPairSchema = z.strictObject({ ...mentorPairSchema.shape, notes: z.int(), lastNoteAt: instantSchema.nullable() });
export type OwnPair = z.infer<typeof ownPairSchema>;

export const mentoringSchema = z.strictObject({ mentors: z.array(ownPairSchema), trainees: z.array(ownPairSchema) });
export type Mentoring = z.infer<typeof mentoringSchema>;

export const MAX_MENTORS = 3;
export const assignMentorSchema = z.strictObject({ mentorId: idSchema, traineeId: idSchema });

export const MAX_NOTES = 500;
export const writeNoteSchema = z.strictObject({ text: z.string().trim().min(1, 'Write something first').max(4000) });
const mentorNoteSchema = z.strictObject({ seq: z.int(), at: instantSchema, by: personRefSchema, text: z.string() });
/** The oldest first. */
export const mentorNotesSchema = z.strictObject({ pair: mentorPairSchema, notes: z.array(mentorNoteSchema) });
export type MentorNotes = z.infer<typeof mentorNotesSchema>;

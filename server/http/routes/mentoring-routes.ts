import {
  assignMentorSchema,
  mentoringSchema,
  mentorNotesSchema,
  mentorPairSchema,
  mentorPairsSchema,
  writeNoteSchema,
} from '../../contract/mentoring.ts';
import { created, everyone, instructors, noContent, ok, param, route, staff, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function mentoringRoutes({ mentors }: Services): Route[] {
  return [
    route('GET', '/api/mentoring', everyone, async ({ session }) => ok(await mentors.own(session.person)), {
      says: 'Your mentors and whom you mentor.',
      answers: mentoringSchema,
    }),
    route('GET', '/api/mentoring/pairs', staff, async () => ok({ pairs: await mentors.pairs() }), {
      says: 'Who mentors whom, also in the past.',
      answers: mentorPairsSchema,
    }),
    route(
      'POST',
      '/api/mentoring/pairs',
      instructors,
      async ({ session, body, address }) => created(await mentors.assign(session.person, body, address)),
      { says: 'Assigns a mentor, who need not be an instructor.', body: assignMentorSchema, answers: mentorPairSchema, status: 201 },
    ),
    route(
      'DELETE',
      '/api/mentoring/pairs/:id',
      instructors,
      async (call) => {
        await mentors.end(call.session.person, param(call, 'id'), call.address);
        return noContent;
      },
      { says: 'Ends a mentoring; its notes stay.' },
    ),
    route(
      'GET',
      '/api/mentoring/pairs/:id/notes',
      everyone,
      async (call) => ok(await mentors.notes(call.session.person, param(call, 'id'))),
      { says: 'What the two have written to each other, for the two of them only.', answers: mentorNotesSchema },
    ),
    route(
      'POST',
      '/api/mentoring/pairs/:id/notes',
      everyone,
      async (call) => created(await mentors.write(call.session.person, param(call, 'id'), call.body.text)),
      { says: 'Writes a note to the other one.', body: writeNoteSchema, answers: mentorNotesSchema, status: 201 },
    ),
  ];
}

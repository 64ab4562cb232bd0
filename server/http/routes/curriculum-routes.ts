import { cohortCurriculumSchema, personCurriculumSchema } from '../../contract/curriculum.ts';
import { dismissReminderSchema, remindersSchema } from '../../contract/reminders.ts';
import { everyone, ok, param, route, staff, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function curriculumRoutes({ curriculum, reminders }: Services): Route[] {
  return [
    route('GET', '/api/curriculum', everyone, async ({ session }) => ok(await curriculum.read(session.person, session.person.id)), {
      says: 'What you have to do by when, and how far you are.',
      answers: personCurriculumSchema,
    }),
    route(
      'GET',
      '/api/curriculum/people/:id',
      everyone,
      async (call) => ok(await curriculum.read(call.session.person, param(call, 'id'))),
      { says: 'The same of somebody you mentor; for staff, of anybody.', answers: personCurriculumSchema },
    ),
    route('GET', '/api/curriculum/cohorts/:id', staff, async (call) => ok(await curriculum.cohort(param(call, 'id'))), {
      says: 'Everybody of a cohort beside each other.',
      answers: cohortCurriculumSchema,
    }),
    route('GET', '/api/reminders', everyone, async ({ session }) => ok({ reminders: await reminders.list(session.person) }), {
      says: 'What you should not miss, the most pressing first.',
      answers: remindersSchema,
    }),
    route(
      'POST',
      '/api/reminders/dismissed',
      everyone,
      async ({ session, body }) => ok({ reminders: await reminders.dismiss(session.person, body.id) }),
      { says: 'Takes a reminder away for good.', body: dismissReminderSchema, answers: remindersSchema },
    ),
  ];
}

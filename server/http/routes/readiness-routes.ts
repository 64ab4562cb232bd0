import { overruleSchema, placedPeopleSchema, placementSchema, readinessSchema, saveAnswerSchema } from '../../contract/readiness.ts';
import { created, everyone, ok, param, route, staff, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function readinessRoutes({ readiness }: Services): Route[] {
  return [
    route('GET', '/api/readiness', everyone, async ({ session }) => ok(await readiness.read(session.person)), {
      says: 'The readiness check, your answers so far, and the track you are on.',
      answers: readinessSchema,
    }),
    route('PUT', '/api/readiness/answers', everyone, async ({ session, body }) => ok(await readiness.answer(session.person, body)), {
      says: 'Keeps the answer to one question.',
      body: saveAnswerSchema,
      answers: readinessSchema,
    }),
    route('POST', '/api/readiness/submit', everyone, async ({ session, address }) => ok(await readiness.submit(session.person, address)), {
      says: 'Ends the check and places you on a track.',
      answers: readinessSchema,
    }),
    route('GET', '/api/readiness/people', staff, async () => ok(await readiness.people()), {
      says: 'Who is on which track, and why.',
      answers: placedPeopleSchema,
    }),
    route(
      'POST',
      '/api/readiness/people/:id/placement',
      staff,
      async (call) => created(await readiness.overrule(call.session.person, param(call, 'id'), call.body, call.address)),
      {
        says: 'Puts somebody on another track than their answers say, with the reason; never oneself.',
        body: overruleSchema,
        answers: placementSchema,
        status: 201,
      },
    ),
  ];
}

import { aiRulesSchema } from '../../contract/ai-policy.ts';
import { attemptSchema } from '../../contract/attempts.ts';
import { addExtraTimeSchema, extraTimeHistorySchema, extraTimesSchema, setExtraTimeSchema } from '../../contract/extra-time.ts';
import { everyone, ok, param, route, staff, type Route } from '../route.ts';
import type { Services } from '../services.ts';

/** More time for people and attempts, and what cohorts say about AI assistants. */
export function accommodationRoutes({ accommodations, ai, views }: Services): Route[] {
  return [
    route('GET', '/api/extra-time', staff, async () => ok({ people: await accommodations.list() }), {
      says: 'Everybody who has or had extra time.',
      answers: extraTimesSchema,
    }),
    route(
      'GET',
      '/api/extra-time/:person',
      everyone,
      async (call) => ok(await accommodations.history(call.session.person, param(call, 'person'))),
      { says: 'The extra time of a person: your own; for staff anybody’s.', answers: extraTimeHistorySchema },
    ),
    route(
      'PUT',
      '/api/extra-time/:person',
      staff,
      async (call) => ok(await accommodations.set(call.session.person, param(call, 'person'), call.body, call.address)),
      { says: 'Gives a person extra time from now on, or takes it away.', body: setExtraTimeSchema, answers: extraTimeHistorySchema },
    ),
    route(
      'POST',
      '/api/attempts/:id/extra-time',
      staff,
      async (call) =>
        ok(await views.view(await accommodations.addToAttempt(call.session.person, param(call, 'id'), call.body, call.address))),
      { says: 'Adds time to one attempt that runs.', body: addExtraTimeSchema, answers: attemptSchema },
    ),
    route('GET', '/api/cohorts/:id/ai-policy', staff, async (call) => ok(await ai.rulesOf(param(call, 'id'))), {
      says: 'What a cohort says about AI assistants.',
      answers: aiRulesSchema,
    }),
    route(
      'PUT',
      '/api/cohorts/:id/ai-policy',
      staff,
      async (call) => ok(await ai.setRules(call.session.person, param(call, 'id'), call.body, call.address)),
      { says: 'Says what holds about AI assistants for a cohort, for all labs or for one.', body: aiRulesSchema, answers: aiRulesSchema },
    ),
  ];
}

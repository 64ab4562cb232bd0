import { postStatusSchema, statusUpdateSchema, statusUpdatesSchema } from '../../contract/incidents.ts';
import { created, ok, param, route, workers, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function incidentRoutes({ incidents }: Services): Route[] {
  const path = '/api/attempts/:id/status';
  return [
    route('GET', path, workers, async (call) => ok({ updates: await incidents.list(call.session.person, param(call, 'id')) }), {
      says: 'What an attempt told others while its incident lasted, in order.',
      answers: statusUpdatesSchema,
    }),
    route('POST', path, workers, async (call) => created(await incidents.post(call.session.person, param(call, 'id'), call.body)), {
      says: 'Tells others something about the incident; it cannot be edited afterwards.',
      body: postStatusSchema,
      answers: statusUpdateSchema,
      status: 201,
    }),
  ];
}

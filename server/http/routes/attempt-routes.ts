import { z } from 'zod';
import { notFound } from '../../app-error.ts';
import type { Attempt } from '../../attempts/attempt.ts';
import { summarise } from '../../attempts/attempt-view.ts';
import { mayWatchOthers } from '../../attempts/permissions.ts';
import { injectFaultSchema, resetSchema, startAttemptSchema, startIncidentSchema } from '../../contract/attempts.ts';
import { idSchema } from '../../contract/roles.ts';
import { previewService } from '../preview-proxy.ts';
import { created, everyone, instructors, noContent, ok, param, route, type Answer, type Route, type SignedInCall } from '../route.ts';
import type { Services } from '../services.ts';

const listQuerySchema = z.object({ person: idSchema.optional(), lab: z.string().max(60).optional() });
const MAX_LISTED = 500;

type Command = (call: SignedInCall<undefined, undefined>, attemptId: string) => Promise<Attempt>;

export function attemptRoutes(services: Services): Route[] {
  const { commands, views, records } = services;
  const shown = async (attempt: Attempt): Promise<Answer> => ok(await views.view(attempt));
  const command = (path: string, run: Command): Route =>
    route('POST', `/api/attempts/:id/${path}`, everyone, async (call) => shown(await run(call, param(call, 'id'))));
  return [
    route(
      'POST',
      '/api/attempts',
      everyone,
      async ({ session, body }) => created(await views.view(await commands.start(session.person, body))),
      {
        body: startAttemptSchema,
      },
    ),
    route(
      'GET',
      '/api/attempts',
      everyone,
      async ({ session, query }) => {
        const personId = mayWatchOthers(session.person) ? query.person : session.person.id;
        const attempts = await records.list({ personId, labSlug: query.lab, limit: MAX_LISTED });
        const names = await services.accounts.people.names();
        return ok({
          attempts: attempts.map((attempt) => summarise(attempt, names.get(attempt.personId) ?? { id: attempt.personId, name: '' })),
        });
      },
      { query: listQuerySchema },
    ),
    route('GET', '/api/attempts/:id', everyone, async (call) => shown(await commands.read(call.session.person, param(call, 'id')))),
    command('extend', ({ session }, id) => commands.extend(session.person, id)),
    route(
      'POST',
      '/api/attempts/:id/reset',
      everyone,
      async (call) => shown(await commands.reset(call.session.person, param(call, 'id'), call.body.to)),
      { body: resetSchema },
    ),
    route(
      'POST',
      '/api/attempts/:id/incident',
      everyone,
      async (call) => shown(await commands.startIncident(call.session.person, param(call, 'id'))),
      {
        body: startIncidentSchema,
      },
    ),
    command('grade', ({ session }, id) => commands.grade(session.person, id)),
    command('abandon', ({ session }, id) => commands.abandon(session.person, id)),
    command('steps/:step/check', (call, id) => commands.checkStep(call.session.person, id, param(call, 'step'))),
    command('steps/:step/skip', (call, id) => commands.skipStep(call.session.person, id, param(call, 'step'))),
    command('steps/:step/hints/:n', (call, id) =>
      commands.unlockHint(call.session.person, id, param(call, 'step'), hintNumber(param(call, 'n'))),
    ),
    route('POST', '/api/attempts/:id/terminals', everyone, async (call) =>
      created(await commands.createTerminal(call.session.person, param(call, 'id'))),
    ),
    route('DELETE', '/api/attempts/:id/terminals/:terminal', everyone, async (call) => {
      await commands.closeTerminal(call.session.person, param(call, 'id'), param(call, 'terminal'));
      return noContent;
    }),
    route('GET', '/api/attempts/:id/services', everyone, async (call) =>
      ok({ services: await commands.services(call.session.person, param(call, 'id')) }),
    ),
    route('GET', '/api/attempts/:id/services/:service/metrics', everyone, async (call) =>
      ok(await commands.metrics(call.session.person, param(call, 'id'), param(call, 'service'))),
    ),
    route('ANY', '/preview/:id/:service{/*path}', everyone, (call) => previewService(call, services)),
    route(
      'POST',
      '/api/attempts/:id/faults',
      instructors,
      async (call) => shown(await commands.injectFault(call.session.person, param(call, 'id'), call.body.fault)),
      { body: injectFaultSchema },
    ),
  ];
}

function hintNumber(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw notFound('hint');
  return Number(text);
}

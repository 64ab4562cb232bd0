import { z } from 'zod';
import { nameFrom } from '../../accounts/people.ts';
import { notFound } from '../../app-error.ts';
import type { Attempt } from '../../attempts/attempt.ts';
import { summarise } from '../../attempts/attempt-view.ts';
import { mayWatchOthers } from '../../attempts/permissions.ts';
import { acknowledgeAiSchema, declareAiSchema } from '../../contract/ai-policy.ts';
import {
  attemptSchema,
  attemptSummariesSchema,
  injectFaultSchema,
  metricsSchema,
  resetSchema,
  servicesSchema,
  startAttemptSchema,
  startIncidentSchema,
  terminalSchema,
} from '../../contract/attempts.ts';
import { idSchema } from '../../contract/roles.ts';
import { handOverSchema, namedMemberSchema } from '../../contract/teams.ts';
import { previewService } from '../preview-proxy.ts';
import {
  created,
  everyone,
  instructors,
  noContent,
  ok,
  param,
  route,
  workers,
  type Answer,
  type Route,
  type SignedInCall,
} from '../route.ts';
import type { Services } from '../services.ts';

const listQuerySchema = z.object({ person: idSchema.optional(), lab: z.string().max(60).optional() });
const MAX_LISTED = 500;

type Command = (call: SignedInCall<undefined, undefined>, attemptId: string) => Promise<Attempt>;

export function attemptRoutes(services: Services): Route[] {
  const { commands, views, records } = services;
  const shown = async (attempt: Attempt): Promise<Answer> => ok(await views.view(attempt));
  const command = (path: string, says: string, run: Command): Route =>
    route('POST', `/api/attempts/:id/${path}`, workers, async (call) => shown(await run(call, param(call, 'id'))), {
      says,
      answers: attemptSchema,
    });
  return [
    route(
      'POST',
      '/api/attempts',
      everyone,
      async ({ session, body }) => created(await views.view(await commands.start(session.person, body))),
      {
        says: 'Starts an attempt at a lab.',
        body: startAttemptSchema,
        answers: attemptSchema,
        status: 201,
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
          attempts: attempts.map((attempt) => summarise(attempt, nameFrom(names))),
        });
      },
      { says: 'Lists attempts: your own; for staff anybody’s.', query: listQuerySchema, answers: attemptSummariesSchema },
    ),
    route('GET', '/api/attempts/:id', workers, async (call) => shown(await commands.read(call.session.person, param(call, 'id'))), {
      says: 'One attempt as its page shows it.',
      answers: attemptSchema,
    }),
    command('extend', 'Adds time.', ({ session }, id) => commands.extend(session.person, id)),
    route(
      'POST',
      '/api/attempts/:id/reset',
      workers,
      async (call) => shown(await commands.reset(call.session.person, param(call, 'id'), call.body.to)),
      { says: 'Takes the sandbox back to its start, to health, or to the fault.', body: resetSchema, answers: attemptSchema },
    ),
    route(
      'POST',
      '/api/attempts/:id/incident',
      workers,
      async (call) => shown(await commands.startIncident(call.session.person, param(call, 'id'))),
      {
        says: 'Begins the incident.',
        body: startIncidentSchema,
        answers: attemptSchema,
      },
    ),
    route(
      'POST',
      '/api/attempts/:id/hand-over',
      everyone,
      async (call) => shown(await commands.handOver(call.session.person, param(call, 'id'), call.body.from, call.body.to)),
      { says: 'Swaps the roles of two in a team.', body: handOverSchema, answers: attemptSchema },
    ),
    route(
      'POST',
      '/api/attempts/:id/team',
      everyone,
      async (call) => shown(await commands.inviteToTeam(call.session.person, param(call, 'id'), call.body)),
      { says: 'Asks somebody to take a role of the team that is open.', body: namedMemberSchema, answers: attemptSchema },
    ),
    route(
      'POST',
      '/api/attempts/:id/leave',
      everyone,
      async (call) => {
        await commands.leaveTeam(call.session.person, param(call, 'id'));
        return noContent;
      },
      { says: 'Declines a role in a team, or leaves it before the incident.' },
    ),
    command('grade', 'Asks for the verdict.', ({ session }, id) => commands.grade(session.person, id)),
    command('abandon', 'Gives up; nothing is graded.', ({ session }, id) => commands.abandon(session.person, id)),
    command('steps/:step/check', 'Checks a step now.', (call, id) => commands.checkStep(call.session.person, id, param(call, 'step'))),
    command('steps/:step/skip', 'Has the step done and forfeits its credit.', (call, id) =>
      commands.skipStep(call.session.person, id, param(call, 'step')),
    ),
    command('steps/:step/hints/:n', 'Opens a hint, counted from 0.', (call, id) =>
      commands.unlockHint(call.session.person, id, param(call, 'step'), hintNumber(param(call, 'n'))),
    ),
    route(
      'POST',
      '/api/attempts/:id/terminals',
      workers,
      async (call) => created(await commands.createTerminal(call.session.person, param(call, 'id'))),
      { says: 'Opens a terminal.', answers: terminalSchema, status: 201 },
    ),
    route(
      'DELETE',
      '/api/attempts/:id/terminals/:terminal',
      workers,
      async (call) => {
        await commands.closeTerminal(call.session.person, param(call, 'id'), param(call, 'terminal'));
        return noContent;
      },
      { says: 'Closes a terminal.' },
    ),
    route(
      'GET',
      '/api/attempts/:id/services',
      workers,
      async (call) => ok({ services: await commands.services(call.session.person, param(call, 'id')) }),
      { says: 'The services of a lab and how they are now.', answers: servicesSchema },
    ),
    route(
      'GET',
      '/api/attempts/:id/services/:service/metrics',
      workers,
      async (call) => ok(await commands.metrics(call.session.person, param(call, 'id'), param(call, 'service'))),
      { says: 'What a service’s metrics are now.', answers: metricsSchema },
    ),
    route(
      'POST',
      '/api/attempts/:id/ai/acknowledge',
      workers,
      async (call) => shown(await commands.acknowledgeAi(call.session.person, param(call, 'id'), call.body.policy)),
      { says: 'Says that the caller has read the rule about AI assistants.', body: acknowledgeAiSchema, answers: attemptSchema },
    ),
    route(
      'PUT',
      '/api/attempts/:id/ai/declaration',
      workers,
      async (call) => shown(await commands.declareAi(call.session.person, param(call, 'id'), call.body)),
      { says: 'Declares what AI assistants were used for, once.', body: declareAiSchema, answers: attemptSchema },
    ),
    route('ANY', '/preview/:id/:service{/*path}', workers, (call) => previewService(call, services)),
    route(
      'POST',
      '/api/attempts/:id/faults',
      instructors,
      async (call) => shown(await commands.injectFault(call.session.person, param(call, 'id'), call.body.fault)),
      { says: 'Breaks something in somebody’s attempt.', body: injectFaultSchema, answers: attemptSchema },
    ),
  ];
}

function hintNumber(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw notFound('hint');
  return Number(text);
}

import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { PersonRow } from '../../store/schema.ts';
import { nameFrom } from '../../accounts/people.ts';
import { messageOf } from '../../app-error.ts';
import { gradesCsv, readGrades } from '../../attempts/grades.ts';
import { mayWatchOthers } from '../../attempts/permissions.ts';
import { viewResult } from '../../attempts/results.ts';
import { toInstant } from '../../clock.ts';
import {
  deliveredSchema,
  gradesSchema,
  overrideSchema,
  recordingsSchema,
  resultSchema,
  rosterSchema,
  sendMessageSchema,
  type Result,
} from '../../contract/attempts.ts';
import type { Message } from '../../contract/events.ts';
import { idSchema } from '../../contract/roles.ts';
import { newId } from '../../ids.ts';
import { everyone, instructors, managers, ok, param, route, staff, type Route } from '../route.ts';
import type { Services } from '../services.ts';

const gradesQuerySchema = z.object({ cohort: idSchema.optional() });

export function resultRoutes(services: Services): Route[] {
  const { commands, recordings, audit } = services;
  return [
    route('GET', '/api/attempts/:id/result', everyone, async (call) => ok(await result(services, call.session.person, param(call, 'id'))), {
      says: 'How an attempt ended, check by check.',
      answers: resultSchema,
    }),
    route(
      'GET',
      '/api/attempts/:id/recordings',
      everyone,
      async (call) => {
        const attempt = await commands.read(call.session.person, param(call, 'id'));
        return ok({ recordings: await recordings.list(attempt.id) });
      },
      { says: 'The recordings of an attempt’s terminals.', answers: recordingsSchema },
    ),
    route(
      'GET',
      '/api/recordings/:id',
      everyone,
      async (call) => {
        const recording = await recordings.find(param(call, 'id'));
        await commands.read(call.session.person, recording.attemptId);
        call.response.type('application/x-asciicast').set('Cache-Control', 'private, no-cache');
        await pipeline(recording.openStream(), call.response).catch((error: unknown) =>
          services.log.debug({ reason: messageOf(error) }, 'a recording broke off'),
        );
        return 'sent';
      },
      { says: 'One recording, as asciicast v2.', answers: 'application/x-asciicast' },
    ),
    route('GET', '/api/roster', instructors, async () => ok({ attempts: await services.roster() }), {
      says: 'Everybody who is at work, and who needs help.',
      answers: rosterSchema,
    }),
    route(
      'POST',
      '/api/messages',
      instructors,
      async ({ session, body, address }) => {
        const delivered = await send(services, session.person, body);
        await audit.record({
          actor: session.person,
          action: 'message.sent',
          subject: body.attemptId ?? 'everyone',
          detail: { delivered },
          address,
        });
        return ok({ delivered });
      },
      { says: 'Shows a message to one attempt’s people or to everybody at work.', body: sendMessageSchema, answers: deliveredSchema },
    ),
    route('GET', '/api/grades', staff, async ({ query }) => ok({ grades: await readGrades(services, query.cohort) }), {
      says: 'The grades of everybody or of a cohort.',
      query: gradesQuerySchema,
      answers: gradesSchema,
    }),
    route(
      'GET',
      '/api/grades.csv',
      staff,
      async ({ query, response, session, address }) => {
        const csv = gradesCsv(await readGrades(services, query.cohort));
        await audit.record({
          actor: session.person,
          action: 'grades.exported',
          ...(query.cohort === undefined ? {} : { subject: query.cohort }),
          address,
        });
        response.type('text/csv; charset=utf-8').set('Content-Disposition', 'attachment; filename="drillhouse-grades.csv"').send(csv);
        return 'sent';
      },
      { says: 'The same as a table.', query: gradesQuerySchema, answers: 'text/csv' },
    ),
    route(
      'POST',
      '/api/attempts/:id/override',
      managers,
      async (call) => {
        const attempt = await commands.override(call.session.person, param(call, 'id'), call.body.outcome, call.body.reason);
        return ok(await result(services, call.session.person, attempt.id));
      },
      { says: 'Overrides a verdict, with the reason; both are kept.', body: overrideSchema, answers: resultSchema },
    ),
  ];
}

async function result(services: Services, viewer: PersonRow, attemptId: string): Promise<Result> {
  const attempt = await services.commands.read(viewer, attemptId);
  const [verdict, override, journal, content, recordings, names] = await Promise.all([
    services.verdicts.verdict(attemptId),
    services.verdicts.override(attemptId),
    services.records.journal(attemptId),
    services.views.content(attempt),
    services.recordings.list(attemptId),
    services.accounts.people.names(),
  ]);
  return viewResult({
    attempt,
    verdict,
    override,
    journal,
    content,
    recordings,
    nameOf: nameFrom(names),
    showsHiddenEvidence: mayWatchOthers(viewer),
  });
}

/** How many people had a page open to read it. */
async function send(services: Services, from: PersonRow, { text, attemptId }: z.infer<typeof sendMessageSchema>): Promise<number> {
  const attempts =
    attemptId === undefined
      ? // What is said to a class is not for candidates of interviews.
        services.supervisor.running.map((runner) => runner.actor.attempt).filter(({ interviewId }) => interviewId === null)
      : [await services.commands.read(from, attemptId)];
  const personIds = [...new Set(attempts.flatMap(({ members }) => members.map((member) => member.personId)))];
  const message: Message = { id: newId('message'), from: from.name, text, at: toInstant(services.clock.now()) };
  return personIds.filter((personId) => services.people.deliver(personId, message)).length;
}

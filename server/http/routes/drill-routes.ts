import {
  drillMoveQuerySchema,
  drillMoveSchema,
  drillPersonSchema,
  drillReviewSchema,
  drillScriptsSchema,
  drillSummarySchema,
  drillViewSchema,
  scheduleDrillSchema,
  scriptViewSchema,
} from '../../contract/drills.ts';
import { z } from 'zod';
import { reportMarkdown } from '../../drills/report/report-markdown.ts';
import { created, everyone, instructors, ok, param, route, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function drillRoutes({ drills, accounts }: Services): Route[] {
  return [
    route('GET', '/api/drill-scripts', instructors, async () => ok(await drills.scripts()), {
      says: 'Scripts that drills can be run from, and what is wrong with those that do not load.',
      answers: drillScriptsSchema,
    }),
    route('GET', '/api/drill-scripts/:slug', instructors, async (call) => ok(await drills.script(param(call, 'slug'))), {
      says: 'One script whole, with what it expects and what evaluators look for.',
      answers: scriptViewSchema,
    }),
    route(
      'GET',
      '/api/drill-people',
      instructors,
      async () => {
        const people = (await accounts.people.list()).filter(({ state }) => state !== 'disabled');
        return ok({ people: people.map(({ id, name, role }) => ({ id, name, accountRole: role })) });
      },
      { says: 'People who can be given a role in a drill.', answers: z.strictObject({ people: z.array(drillPersonSchema) }) },
    ),
    route('GET', '/api/drills', everyone, async ({ session }) => ok({ drills: await drills.list(session.person) }), {
      says: 'Drills that the caller has a part in; all of them for instructors, managers and administrators.',
      answers: z.strictObject({ drills: z.array(drillSummarySchema) }),
    }),
    route(
      'POST',
      '/api/drills',
      instructors,
      async ({ session, body, address }) => created(await drills.schedule(session.person, body, address)),
      {
        says: 'Schedules a drill and hands out its roles.',
        body: scheduleDrillSchema,
        answers: drillViewSchema,
        status: 201,
      },
    ),
    route('GET', '/api/drills/:id', everyone, async (call) => ok(await drills.read(call.session.person, param(call, 'id'))), {
      says: 'A drill as the caller’s role sees it.',
      answers: drillViewSchema,
    }),
    route(
      'POST',
      '/api/drills/:id/moves',
      everyone,
      async (call) => {
        const { address, query } = call;
        return ok(await drills.move(call.session.person, param(call, 'id'), call.body, { address, seen: query.seen }));
      },
      { says: 'Something that the caller does in a drill.', body: drillMoveSchema, query: drillMoveQuerySchema, answers: drillViewSchema },
    ),
    route(
      'GET',
      '/api/drills/:id/review',
      everyone,
      async (call) => ok((await drills.review(call.session.person, param(call, 'id'))).review),
      { says: 'What a drill showed.', answers: drillReviewSchema },
    ),
    route(
      'GET',
      '/api/drills/:id/report.md',
      everyone,
      async (call) => {
        const report = await drills.report(call.session.person, param(call, 'id'), call.address);
        call.response.type('text/markdown; charset=utf-8').attachment(`${report.fileName}.md`).send(reportMarkdown(report.content));
        return 'sent';
      },
      { says: 'The after-action report as Markdown.', answers: 'text/markdown' },
    ),
    route(
      'GET',
      '/api/drills/:id/report.pdf',
      everyone,
      async (call) => {
        const report = await drills.report(call.session.person, param(call, 'id'), call.address);
        const { reportPdf } = await import('../../drills/report/report-pdf.ts');
        call.response
          .type('application/pdf')
          .attachment(`${report.fileName}.pdf`)
          .send(await reportPdf(report.content));
        return 'sent';
      },
      { says: 'The after-action report as PDF, with its charts.', answers: 'application/pdf' },
    ),
  ];
}

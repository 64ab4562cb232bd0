import {
  cohortManagersSchema,
  cohortSkillsSchema,
  dueSchema,
  figureEvidenceQuerySchema,
  figureEvidenceSchema,
  insightPeopleSchema,
  itemEvidenceQuerySchema,
  itemEvidenceSchema,
  itemsQuerySchema,
  itemsSchema,
  onCallSchema,
  personQuerySchema,
  personSkillsSchema,
  saveCohortManagersSchema,
} from '../../contract/insight.ts';
import { figuresQuerySchema } from '../../contract/program.ts';
import { administrators, everyone, managers, ok, param, route, staff, type Route, type SignedInCall } from '../route.ts';
import type { Services } from '../services.ts';

export function insightRoutes({ insight }: Services): Route[] {
  const { items, people, figures } = insight;
  return [
    route('GET', '/api/insight/items', staff, async ({ query }) => ok(await items.items(query)), {
      says: 'How good labs, versions, faults or checks are, in numbers without names.',
      query: itemsQuerySchema,
      answers: itemsSchema,
    }),
    route(
      'GET',
      '/api/insight/items/evidence',
      staff,
      async ({ session, query, address }) => ok(await items.evidence(session.person, query, address)),
      { says: 'The attempts behind one of these numbers.', query: itemEvidenceQuerySchema, answers: itemEvidenceSchema },
    ),
    route(
      'GET',
      '/api/insight/items.csv',
      staff,
      async (call) => sendCsv(call, 'items', await items.csv(call.session.person, call.query, call.address)),
      { says: 'The same as a table.', query: itemsQuerySchema, answers: 'text/csv' },
    ),
    route('GET', '/api/insight/people', everyone, async ({ session }) => ok({ people: await people.people(session.person) }), {
      says: 'Whose skills the caller may look into, the caller first.',
      answers: insightPeopleSchema,
    }),
    route(
      'GET',
      '/api/insight/skills',
      everyone,
      async ({ session, query, address }) => ok(await people.skills(session.person, query.person ?? session.person.id, address)),
      { says: 'What a person has shown of the eight dimensions.', query: personQuerySchema, answers: personSkillsSchema },
    ),
    route('GET', '/api/insight/skills/cohorts/:id', staff, async (call) => ok(await people.cohortSkills(param(call, 'id'))), {
      says: 'How many of a cohort stand where, without who.',
      answers: cohortSkillsSchema,
    }),
    route('GET', '/api/insight/on-call', everyone, async ({ session }) => ok(await people.onCall(session.person)), {
      says: 'Who may be on call for which services: the caller, or whom they may look into.',
      answers: onCallSchema,
    }),
    route(
      'GET',
      '/api/insight/on-call.csv',
      staff,
      async (call) => sendCsv(call, 'on-call', await people.onCallCsv(call.session.person, call.address)),
      { says: 'The same as a table.', answers: 'text/csv' },
    ),
    route(
      'GET',
      '/api/insight/due',
      everyone,
      async ({ session, query, address }) => ok({ items: await people.due(session.person, query.person ?? session.person.id, address) }),
      { says: 'What a person has to show or renew in the next ninety days.', query: personQuerySchema, answers: dueSchema },
    ),
    route('GET', '/api/insight/due/everybody', staff, async ({ session }) => ok({ items: await people.dueOfEverybody(session.person) }), {
      says: 'The same of everybody whom the caller may look into.',
      answers: dueSchema,
    }),
    route(
      'GET',
      '/api/insight/figures/evidence',
      managers,
      async ({ session, query, address }) => ok(await figures.evidence(session.person, query, address)),
      { says: 'What a point of the six numbers stands on.', query: figureEvidenceQuerySchema, answers: figureEvidenceSchema },
    ),
    route(
      'GET',
      '/api/insight/report.pdf',
      managers,
      async ({ session, query, address, response }) => {
        const report = await figures.report(session.person, query, address);
        const { programmeReportPdf } = await import('../../insight/report/programme-report-pdf.ts');
        response
          .type('application/pdf')
          .attachment(`${report.fileName}.pdf`)
          .send(await programmeReportPdf(report));
        return 'sent';
      },
      { says: 'The six numbers with their charts, for printing.', query: figuresQuerySchema, answers: 'application/pdf' },
    ),
    route('GET', '/api/insight/cohort-managers', managers, async ({ session }) => ok(await insight.managers.view(session.person)), {
      says: 'Which managers may look into which cohorts.',
      answers: cohortManagersSchema,
    }),
    route(
      'PUT',
      '/api/insight/cohort-managers/:cohort',
      administrators,
      async (call) => ok(await insight.managers.save(call.session.person, param(call, 'cohort'), call.body.personIds, call.address)),
      { says: 'Says which managers may look into a cohort: exactly these.', body: saveCohortManagersSchema, answers: cohortManagersSchema },
    ),
  ];
}

function sendCsv({ response }: SignedInCall<unknown, unknown>, name: string, csv: string): 'sent' {
  response.type('text/csv; charset=utf-8').set('Content-Disposition', `attachment; filename="drillhouse-${name}.csv"`).send(csv);
  return 'sent';
}

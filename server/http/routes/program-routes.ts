import {
  figuresQuerySchema,
  figuresSchema,
  importPreviewSchema,
  importRowsSchema,
  importSchema,
  importsSchema,
  programmeSchema,
  programmesSchema,
  saveProgrammeSchema,
} from '../../contract/program.ts';
import { created, managers, noContent, ok, param, route, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function programRoutes({ program, audit }: Services): Route[] {
  return [
    route('GET', '/api/programmes', managers, async () => ok({ programmes: await program.list() }), {
      says: 'Lists the programmes, one for each cohort.',
      answers: programmesSchema,
    }),
    route(
      'PUT',
      '/api/programmes/:cohort',
      managers,
      async (call) => ok(await program.save(call.session.person, param(call, 'cohort'), call.body, call.address)),
      { says: 'Plans the programme of a cohort.', body: saveProgrammeSchema, answers: programmeSchema },
    ),
    route('GET', '/api/programmes/figures', managers, async ({ query }) => ok(await program.figures(query)), {
      says: 'The six numbers of everybody, a cohort, a track or a team.',
      query: figuresQuerySchema,
      answers: figuresSchema,
    }),
    route(
      'GET',
      '/api/programmes/figures.csv',
      managers,
      async ({ query, response, session, address }) => {
        const csv = await program.figuresCsv(query);
        await audit.record({ actor: session.person, action: 'figures.exported', detail: { ...query }, address });
        response.type('text/csv; charset=utf-8').set('Content-Disposition', 'attachment; filename="drillhouse-figures.csv"').send(csv);
        return 'sent';
      },
      { says: 'The same as a table.', query: figuresQuerySchema, answers: 'text/csv' },
    ),
    route('GET', '/api/imports', managers, async () => ok({ imports: await program.imports() }), {
      says: 'Lists what was imported, the newest first.',
      answers: importsSchema,
    }),
    route('POST', '/api/imports/preview', managers, async ({ body }) => ok(await program.preview(body)), {
      says: 'Reads a file without keeping it, and tells what is wrong with it by line.',
      body: importRowsSchema,
      answers: importPreviewSchema,
    }),
    route(
      'POST',
      '/api/imports',
      managers,
      async ({ session, body, address }) => created(await program.import(session.person, body, address)),
      {
        says: 'Keeps the rows of a file that are not known yet; none, when a line is wrong.',
        body: importRowsSchema,
        answers: importSchema,
        status: 201,
      },
    ),
    route(
      'DELETE',
      '/api/imports/:id',
      managers,
      async (call) => {
        await program.undoImport(call.session.person, param(call, 'id'), call.address);
        return noContent;
      },
      { says: 'Takes an import back with all its rows.' },
    ),
  ];
}

import { measurementRunSchema, measurementsSchema, startMeasurementSchema } from '../../contract/measurements.ts';
import { everyone, ok, param, route, workers, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function measurementRoutes({ measurements }: Services): Route[] {
  const base = '/api/attempts/:id/measurements';
  return [
    route('GET', base, workers, async (call) => ok(await measurements.list(call.session.person, param(call, 'id'))), {
      says: 'What was measured in an attempt, run by run, with what is aimed at.',
      answers: measurementsSchema,
    }),
    route(
      'POST',
      base,
      workers,
      async (call) => ({ status: 202, json: await measurements.start(call.session.person, param(call, 'id'), call.body.label) }),
      {
        says: 'Has the workloads of an attempt measured from outside of its sandbox; one run at a time, and not while it is graded.',
        body: startMeasurementSchema,
        answers: measurementRunSchema,
        status: 202,
      },
    ),
    route(
      'GET',
      `${base}.csv`,
      everyone,
      async (call) => {
        const csv = await measurements.csv(call.session.person, param(call, 'id'));
        call.response.type('text/csv; charset=utf-8').set('Content-Disposition', 'attachment; filename="drillhouse-runs.csv"').send(csv);
        return 'sent';
      },
      { says: 'The same as a table, a line for each run and workload.', answers: 'text/csv' },
    ),
  ];
}

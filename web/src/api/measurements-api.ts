import { measurementRunSchema, measurementsSchema, type MeasurementRun, type Measurements } from '../../../server/contract/measurements.ts';
import { requestJson } from './http.ts';

const measurementsPath = (attemptId: string): string => `/api/attempts/${encodeURIComponent(attemptId)}/measurements`;

export async function fetchMeasurements(attemptId: string, signal?: AbortSignal): Promise<Measurements> {
  return requestJson('GET', measurementsPath(attemptId), measurementsSchema, { signal });
}

/** Resolves when the run has begun. */
export async function startMeasurement(attemptId: string, label: string): Promise<MeasurementRun> {
  return requestJson('POST', measurementsPath(attemptId), measurementRunSchema, { body: { label } });
}

export function measurementsCsvPath(attemptId: string): string {
  return `${measurementsPath(attemptId)}.csv`;
}

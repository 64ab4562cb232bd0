import { useQuery } from '@tanstack/react-query';
import type { Measurements } from '../../../server/contract/measurements.ts';
import { fetchMeasurements } from '../api/measurements-api.ts';

/** While one is under way; it takes some seconds. */
const RUNNING_MS = 1_000;
const IDLE_MS = 30_000;

export function measurementsKey(attemptId: string): readonly string[] {
  return ['measurements', attemptId];
}

export function isRunning(data: Measurements | undefined): boolean {
  return data?.runs.some(({ state }) => state === 'running') === true;
}

/** What was measured in an attempt; undefined while it is not known and for labs that measure nothing. */
export function useMeasurements(attemptId: string): Measurements | undefined {
  const { data } = useQuery({
    queryKey: measurementsKey(attemptId),
    queryFn: ({ signal }) => fetchMeasurements(attemptId, signal),
    refetchInterval: ({ state }) => (isRunning(state.data) ? RUNNING_MS : IDLE_MS),
  });
  return data === undefined || (data.workloads.length === 0 && data.runs.length === 0) ? undefined : data;
}

import { z } from 'zod';
import {
  drillPersonSchema,
  drillReviewSchema,
  drillScriptsSchema,
  drillSummarySchema,
  drillViewSchema,
  scriptViewSchema,
  type drillMoveSchema,
  type DrillPerson,
  type DrillReview,
  type DrillScripts,
  type DrillSummary,
  type DrillView,
  type ScheduleDrill,
  type ScriptView,
} from '../../../server/contract/drills.ts';
import { requestJson } from './http.ts';

const drillPath = (id: string): string => `/api/drills/${encodeURIComponent(id)}`;

export async function fetchScripts(signal?: AbortSignal): Promise<DrillScripts> {
  return requestJson('GET', '/api/drill-scripts', drillScriptsSchema, { signal });
}

export async function fetchScript(slug: string, signal?: AbortSignal): Promise<ScriptView> {
  return requestJson('GET', `/api/drill-scripts/${encodeURIComponent(slug)}`, scriptViewSchema, { signal });
}

export async function fetchDrillPeople(signal?: AbortSignal): Promise<DrillPerson[]> {
  return (await requestJson('GET', '/api/drill-people', z.object({ people: z.array(drillPersonSchema) }), { signal })).people;
}

export async function fetchDrills(signal?: AbortSignal): Promise<DrillSummary[]> {
  return (await requestJson('GET', '/api/drills', z.object({ drills: z.array(drillSummarySchema) }), { signal })).drills;
}

export async function scheduleDrill(wanted: ScheduleDrill): Promise<DrillView> {
  return requestJson('POST', '/api/drills', drillViewSchema, { body: wanted });
}

export async function fetchDrill(id: string, signal?: AbortSignal): Promise<DrillView> {
  return requestJson('GET', drillPath(id), drillViewSchema, { signal });
}

export type MoveInput = z.input<typeof drillMoveSchema>;

/** `seen`: the revision that the move was chosen on; what somebody else has done to the same thing since then refuses it. */
export async function moveInDrill(id: string, move: MoveInput, seen?: number): Promise<DrillView> {
  const query = seen === undefined ? '' : `?seen=${seen}`;
  return requestJson('POST', `${drillPath(id)}/moves${query}`, drillViewSchema, { body: move });
}

export async function fetchReview(id: string, signal?: AbortSignal): Promise<DrillReview> {
  return requestJson('GET', `${drillPath(id)}/review`, drillReviewSchema, { signal });
}

export const reportPath = (id: string, format: 'md' | 'pdf'): string => `${drillPath(id)}/report.${format}`;

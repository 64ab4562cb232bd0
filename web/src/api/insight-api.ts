import {
  cohortManagersSchema,
  cohortSkillsSchema,
  dueSchema,
  figureEvidenceSchema,
  insightPeopleSchema,
  itemEvidenceSchema,
  itemsSchema,
  onCallSchema,
  personSkillsSchema,
  type CohortManagersView,
  type CohortSkills,
  type DueItem,
  type FigureEvidence,
  type ItemEvidence,
  type ItemLevel,
  type ItemNumber,
  type Items,
  type OnCall,
  type PersonSkills,
} from '../../../server/contract/insight.ts';
import type { MetricId } from '../../../server/contract/program.ts';
import type { PersonRef } from '../../../server/contract/roles.ts';
import { requestJson } from './http.ts';
import type { FiguresOf } from './program-api.ts';

/** What items are narrowed to; empty strings mean everything. */
export interface ItemChoice {
  readonly level: ItemLevel;
  readonly lab: string;
  readonly version: string;
  readonly fault: string;
}

const queryOf = (values: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(values).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
};

export async function fetchItems(choice: ItemChoice, signal?: AbortSignal): Promise<Items> {
  return requestJson('GET', `/api/insight/items${queryOf({ ...choice })}`, itemsSchema, { signal });
}

export const itemsCsvPath = (choice: ItemChoice): string => `/api/insight/items.csv${queryOf({ ...choice })}`;

/** `check`: its id; empty for items that are no check. */
export async function fetchItemEvidence(
  choice: ItemChoice,
  of: { readonly check: string; readonly number: ItemNumber },
  signal?: AbortSignal,
): Promise<ItemEvidence> {
  return requestJson('GET', `/api/insight/items/evidence${queryOf({ ...choice, ...of })}`, itemEvidenceSchema, { signal });
}

export async function fetchInsightPeople(signal?: AbortSignal): Promise<PersonRef[]> {
  return (await requestJson('GET', '/api/insight/people', insightPeopleSchema, { signal })).people;
}

export async function fetchSkills(personId: string, signal?: AbortSignal): Promise<PersonSkills> {
  return requestJson('GET', `/api/insight/skills${queryOf({ person: personId })}`, personSkillsSchema, { signal });
}

export async function fetchCohortSkills(cohortId: string, signal?: AbortSignal): Promise<CohortSkills> {
  return requestJson('GET', `/api/insight/skills/cohorts/${encodeURIComponent(cohortId)}`, cohortSkillsSchema, { signal });
}

export async function fetchOnCall(signal?: AbortSignal): Promise<OnCall> {
  return requestJson('GET', '/api/insight/on-call', onCallSchema, { signal });
}

export const onCallCsvPath = '/api/insight/on-call.csv';

/** The caller's own, or everybody's whom they may look into. */
export async function fetchDue(whose: 'own' | 'everybody', signal?: AbortSignal): Promise<DueItem[]> {
  return (await requestJson('GET', `/api/insight/due${whose === 'own' ? '' : '/everybody'}`, dueSchema, { signal })).items;
}

/** A point of one of the six numbers: the end of a day of the programme, a moment, or now. */
export type FigurePoint = { readonly day: number } | { readonly at: string } | 'now';

export async function fetchFigureEvidence(
  metric: MetricId,
  point: FigurePoint,
  of: FiguresOf,
  signal?: AbortSignal,
): Promise<FigureEvidence> {
  const when = point === 'now' ? {} : 'day' in point ? { day: String(point.day) } : { at: point.at };
  return requestJson('GET', `/api/insight/figures/evidence${queryOf({ metric, ...when, ...of })}`, figureEvidenceSchema, { signal });
}

export const reportPath = (of: FiguresOf): string => `/api/insight/report.pdf${queryOf({ ...of })}`;

export async function fetchCohortManagers(signal?: AbortSignal): Promise<CohortManagersView> {
  return requestJson('GET', '/api/insight/cohort-managers', cohortManagersSchema, { signal });
}

export async function saveCohortManagers(cohortId: string, personIds: readonly string[]): Promise<CohortManagersView> {
  return requestJson('PUT', `/api/insight/cohort-managers/${encodeURIComponent(cohortId)}`, cohortManagersSchema, { body: { personIds } });
}

import type { z } from 'zod';
import {
  attemptSchema,
  attemptSummariesSchema,
  deliveredSchema,
  gradesSchema,
  metricsSchema,
  resultSchema,
  rosterSchema,
  servicesSchema,
  terminalSchema,
  type AttemptSummary,
  type AttemptView,
  type Grade,
  type Metrics,
  type overrideSchema,
  type resetSchema,
  type Result,
  type RosterEntry,
  type sendMessageSchema,
  type ServiceView,
  type startAttemptSchema,
  type TerminalView,
} from '../../../server/contract/attempts.ts';
import { catalogueSchema, type Catalogue } from '../../../server/contract/labs.ts';
import { requestJson, requestNothing } from './http.ts';

const attemptPath = (id: string): string => `/api/attempts/${encodeURIComponent(id)}`;

export async function fetchCatalogue(signal?: AbortSignal): Promise<Catalogue> {
  return requestJson('GET', '/api/labs', catalogueSchema, { signal });
}

/** Those of one person; trainees may ask for their own only. */
export async function fetchAttempts(personId: string, signal?: AbortSignal): Promise<AttemptSummary[]> {
  return (await requestJson('GET', `/api/attempts?person=${encodeURIComponent(personId)}`, attemptSummariesSchema, { signal })).attempts;
}

export async function startAttempt(start: z.input<typeof startAttemptSchema>): Promise<AttemptView> {
  return requestJson('POST', '/api/attempts', attemptSchema, { body: start });
}

export async function fetchAttempt(id: string, signal?: AbortSignal): Promise<AttemptView> {
  return requestJson('GET', attemptPath(id), attemptSchema, { signal });
}

/** The actions that need nothing but the attempt. */
export type AttemptAction = 'extend' | 'incident' | 'grade' | 'abandon';

export async function actOnAttempt(id: string, action: AttemptAction): Promise<AttemptView> {
  return requestJson('POST', `${attemptPath(id)}/${action}`, attemptSchema, { body: {} });
}

export async function resetAttempt(id: string, to: z.infer<typeof resetSchema>['to']): Promise<AttemptView> {
  return requestJson('POST', `${attemptPath(id)}/reset`, attemptSchema, { body: { to } });
}

export async function actOnStep(id: string, step: string, action: 'check' | 'skip'): Promise<AttemptView> {
  return requestJson('POST', `${attemptPath(id)}/steps/${encodeURIComponent(step)}/${action}`, attemptSchema, { body: {} });
}

/** @param hint counted from 0 */
export async function unlockHint(id: string, step: string, hint: number): Promise<AttemptView> {
  return requestJson('POST', `${attemptPath(id)}/steps/${encodeURIComponent(step)}/hints/${hint}`, attemptSchema, { body: {} });
}

export async function createTerminal(id: string): Promise<TerminalView> {
  return requestJson('POST', `${attemptPath(id)}/terminals`, terminalSchema, { body: {} });
}

export async function deleteTerminal(id: string, terminalId: string): Promise<void> {
  await requestNothing('DELETE', `${attemptPath(id)}/terminals/${encodeURIComponent(terminalId)}`);
}

export async function fetchServices(id: string, signal?: AbortSignal): Promise<ServiceView[]> {
  return (await requestJson('GET', `${attemptPath(id)}/services`, servicesSchema, { signal })).services;
}

export async function fetchMetrics(id: string, service: string, signal?: AbortSignal): Promise<Metrics> {
  return requestJson('GET', `${attemptPath(id)}/services/${encodeURIComponent(service)}/metrics`, metricsSchema, { signal });
}

export async function fetchResult(id: string, signal?: AbortSignal): Promise<Result> {
  return requestJson('GET', `${attemptPath(id)}/result`, resultSchema, { signal });
}

export async function overrideResult(id: string, override: z.input<typeof overrideSchema>): Promise<Result> {
  return requestJson('POST', `${attemptPath(id)}/override`, resultSchema, { body: override });
}

export const recordingPath = (id: string): string => `/api/recordings/${encodeURIComponent(id)}`;

export async function fetchRoster(signal?: AbortSignal): Promise<RosterEntry[]> {
  return (await requestJson('GET', '/api/roster', rosterSchema, { signal })).attempts;
}

export async function injectFault(id: string, fault: string): Promise<AttemptView> {
  return requestJson('POST', `${attemptPath(id)}/faults`, attemptSchema, { body: { fault } });
}

/** @returns how many people were reached */
export async function sendMessage(message: z.input<typeof sendMessageSchema>): Promise<number> {
  return (await requestJson('POST', '/api/messages', deliveredSchema, { body: message })).delivered;
}

export async function fetchGrades(cohortId: string | null, signal?: AbortSignal): Promise<Grade[]> {
  const answer = await requestJson('GET', `/api/grades${cohortQuery(cohortId)}`, gradesSchema, { signal });
  return answer.grades;
}

export const gradesCsvPath = (cohortId: string | null): string => `/api/grades.csv${cohortQuery(cohortId)}`;

function cohortQuery(cohortId: string | null): string {
  return cohortId === null ? '' : `?cohort=${encodeURIComponent(cohortId)}`;
}

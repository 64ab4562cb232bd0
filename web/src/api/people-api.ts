import type { z } from 'zod';
import {
  auditPageSchema,
  cohortSchema,
  cohortsSchema,
  invitationSchema,
  peopleSchema,
  personSchema,
  sandboxesSchema,
  type AuditEntry,
  type Cohort,
  type Invitation,
  type invitePersonSchema,
  type Person,
  type SandboxView,
  type SubstrateView,
  type updatePersonSchema,
} from '../../../server/contract/people.ts';
import { requestJson, requestNothing } from './http.ts';

export async function fetchPeople(signal?: AbortSignal): Promise<Person[]> {
  return (await requestJson('GET', '/api/people', peopleSchema, { signal })).people;
}

export async function invitePerson(invitation: z.input<typeof invitePersonSchema>): Promise<Invitation> {
  return requestJson('POST', '/api/people', invitationSchema, { body: invitation });
}

export async function updatePerson(id: string, change: z.input<typeof updatePersonSchema>): Promise<Person> {
  return requestJson('PATCH', `/api/people/${encodeURIComponent(id)}`, personSchema, { body: change });
}

export async function createLink(id: string): Promise<Invitation> {
  return requestJson('POST', `/api/people/${encodeURIComponent(id)}/link`, invitationSchema, { body: {} });
}

export async function fetchCohorts(signal?: AbortSignal): Promise<Cohort[]> {
  return (await requestJson('GET', '/api/cohorts', cohortsSchema, { signal })).cohorts;
}

export async function createCohort(name: string): Promise<Cohort> {
  return requestJson('POST', '/api/cohorts', cohortSchema, { body: { name } });
}

export async function setCohortMembers(id: string, personIds: readonly string[]): Promise<Cohort> {
  return requestJson('PUT', `/api/cohorts/${encodeURIComponent(id)}/members`, cohortSchema, { body: { personIds } });
}

export async function fetchSandboxes(signal?: AbortSignal): Promise<{ sandboxes: SandboxView[]; substrate: SubstrateView }> {
  return requestJson('GET', '/api/sandboxes', sandboxesSchema, { signal });
}

export async function endSandbox(id: string): Promise<void> {
  await requestNothing('DELETE', `/api/sandboxes/${encodeURIComponent(id)}`);
}

export interface AuditFilter {
  readonly person: string | null;
  readonly action: string | null;
}

/** One page, newest first. @param before the `seq` to continue below; null for the newest */
export async function fetchAudit(
  filter: AuditFilter,
  before: number | null,
  signal?: AbortSignal,
): Promise<{ entries: AuditEntry[]; nextBefore: number | null }> {
  const query = new URLSearchParams({ limit: '100' });
  if (before !== null) query.set('before', String(before));
  if (filter.person !== null) query.set('person', filter.person);
  if (filter.action !== null) query.set('action', filter.action);
  return requestJson('GET', `/api/audit?${query.toString()}`, auditPageSchema, { signal });
}

import { calendarLinkSchema, newCalendarLinkSchema, type CalendarLink, type NewCalendarLink } from '../../../server/contract/calendar.ts';
import {
  cohortCurriculumSchema,
  personCurriculumSchema,
  type CohortCurriculum,
  type PersonCurriculum,
} from '../../../server/contract/curriculum.ts';
import type { Track } from '../../../server/contract/labs.ts';
import {
  mentoringSchema,
  mentorNotesSchema,
  mentorPairSchema,
  mentorPairsSchema,
  type Mentoring,
  type MentorNotes,
  type MentorPair,
} from '../../../server/contract/mentoring.ts';
import {
  placedPeopleSchema,
  placementSchema,
  readinessSchema,
  type PlacedPeople,
  type Placement,
  type Readiness,
} from '../../../server/contract/readiness.ts';
import { remindersSchema, type Reminder } from '../../../server/contract/reminders.ts';
import { requestJson, requestNothing } from './http.ts';

export async function fetchReadiness(signal?: AbortSignal): Promise<Readiness> {
  return requestJson('GET', '/api/readiness', readinessSchema, { signal });
}

export async function saveAnswer(answer: { version: number; question: string; options: readonly string[] }): Promise<Readiness> {
  return requestJson('PUT', '/api/readiness/answers', readinessSchema, { body: answer });
}

export async function submitReadiness(): Promise<Readiness> {
  return requestJson('POST', '/api/readiness/submit', readinessSchema);
}

export async function fetchPlacedPeople(signal?: AbortSignal): Promise<PlacedPeople> {
  return requestJson('GET', '/api/readiness/people', placedPeopleSchema, { signal });
}

export async function overruleTrack(personId: string, said: { readonly track: Track; readonly reason: string }): Promise<Placement> {
  return requestJson('POST', `/api/readiness/people/${encodeURIComponent(personId)}/placement`, placementSchema, { body: said });
}

/** @param personId null: one's own */
export async function fetchCurriculum(personId: string | null, signal?: AbortSignal): Promise<PersonCurriculum> {
  const path = personId === null ? '/api/curriculum' : `/api/curriculum/people/${encodeURIComponent(personId)}`;
  return requestJson('GET', path, personCurriculumSchema, { signal });
}

export async function fetchCohortCurriculum(cohortId: string, signal?: AbortSignal): Promise<CohortCurriculum> {
  return requestJson('GET', `/api/curriculum/cohorts/${encodeURIComponent(cohortId)}`, cohortCurriculumSchema, { signal });
}

export async function fetchMentoring(signal?: AbortSignal): Promise<Mentoring> {
  return requestJson('GET', '/api/mentoring', mentoringSchema, { signal });
}

export async function fetchPairs(signal?: AbortSignal): Promise<MentorPair[]> {
  return (await requestJson('GET', '/api/mentoring/pairs', mentorPairsSchema, { signal })).pairs;
}

export async function assignMentor(wish: { readonly mentorId: string; readonly traineeId: string }): Promise<MentorPair> {
  return requestJson('POST', '/api/mentoring/pairs', mentorPairSchema, { body: wish });
}

export async function endMentoring(pairId: string): Promise<void> {
  await requestNothing('DELETE', `/api/mentoring/pairs/${encodeURIComponent(pairId)}`);
}

const notesPath = (pairId: string): string => `/api/mentoring/pairs/${encodeURIComponent(pairId)}/notes`;

export async function fetchNotes(pairId: string, signal?: AbortSignal): Promise<MentorNotes> {
  return requestJson('GET', notesPath(pairId), mentorNotesSchema, { signal });
}

export async function writeNote(pairId: string, text: string): Promise<MentorNotes> {
  return requestJson('POST', notesPath(pairId), mentorNotesSchema, { body: { text } });
}

export async function fetchCalendarLink(signal?: AbortSignal): Promise<CalendarLink> {
  return requestJson('GET', '/api/calendar', calendarLinkSchema, { signal });
}

export async function renewCalendarLink(): Promise<NewCalendarLink> {
  return requestJson('POST', '/api/calendar', newCalendarLinkSchema);
}

export async function revokeCalendarLink(): Promise<void> {
  await requestNothing('DELETE', '/api/calendar');
}

export async function fetchReminders(signal?: AbortSignal): Promise<Reminder[]> {
  return (await requestJson('GET', '/api/reminders', remindersSchema, { signal })).reminders;
}

export async function dismissReminder(id: string): Promise<Reminder[]> {
  return (await requestJson('POST', '/api/reminders/dismissed', remindersSchema, { body: { id } })).reminders;
}

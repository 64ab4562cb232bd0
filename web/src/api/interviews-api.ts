import type { z } from 'zod';
import type { AiPolicy } from '../../../server/contract/ai-policy.ts';
import {
  candidateViewSchema,
  enteredInterviewSchema,
  interviewReviewsSchema,
  interviewSchema,
  interviewsSchema,
  newInterviewSchema,
  type CandidateView,
  type createInterviewSchema,
  type EnteredInterview,
  type InterviewReview,
  type InterviewView,
  type NewInterview,
} from '../../../server/contract/interviews.ts';
import { rememberSession, requestJson } from './http.ts';

const interviewPath = (id: string): string => `/api/interviews/${encodeURIComponent(id)}`;
const linkPath = (token: string): string => `/api/interview-links/${encodeURIComponent(token)}`;

export async function fetchInterviews(signal?: AbortSignal): Promise<InterviewView[]> {
  return (await requestJson('GET', '/api/interviews', interviewsSchema, { signal })).interviews;
}

export async function createInterview(wanted: z.input<typeof createInterviewSchema>): Promise<NewInterview> {
  return requestJson('POST', '/api/interviews', newInterviewSchema, { body: wanted });
}

export async function fetchReviews(ids: readonly string[], signal?: AbortSignal): Promise<InterviewReview[]> {
  return (
    await requestJson('GET', `/api/interviews/reviews?ids=${ids.map(encodeURIComponent).join(',')}`, interviewReviewsSchema, { signal })
  ).reviews;
}

export async function renewInterviewLink(id: string): Promise<NewInterview> {
  return requestJson('POST', `${interviewPath(id)}/link`, newInterviewSchema, { body: {} });
}

export async function revokeInterview(id: string): Promise<InterviewView> {
  return requestJson('POST', `${interviewPath(id)}/revoke`, interviewSchema, { body: {} });
}

export async function eraseInterview(id: string): Promise<InterviewView> {
  return requestJson('POST', `${interviewPath(id)}/erase`, interviewSchema, { body: {} });
}

export async function fetchCandidateView(token: string, signal?: AbortSignal): Promise<CandidateView> {
  return requestJson('GET', linkPath(token), candidateViewSchema, { signal });
}

export async function enterInterview(token: string, acknowledges: AiPolicy): Promise<EnteredInterview> {
  const entered = await requestJson('POST', linkPath(token), enteredInterviewSchema, { body: { consents: true, acknowledges } });
  rememberSession(entered.session);
  return entered;
}

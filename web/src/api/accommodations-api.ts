import type { z } from 'zod';
import { aiRulesSchema, type AiPolicy, type AiRules, type DeclareAi } from '../../../server/contract/ai-policy.ts';
import { attemptSchema, type AttemptView } from '../../../server/contract/attempts.ts';
import {
  extraTimeHistorySchema,
  extraTimesSchema,
  type addExtraTimeSchema,
  type ExtraTimeHistory,
  type SetExtraTime,
} from '../../../server/contract/extra-time.ts';
import { requestJson } from './http.ts';

const attemptPath = (id: string): string => `/api/attempts/${encodeURIComponent(id)}`;
const personPath = (id: string): string => `/api/extra-time/${encodeURIComponent(id)}`;
const cohortPath = (id: string): string => `/api/cohorts/${encodeURIComponent(id)}/ai-policy`;

export async function acknowledgeAi(attemptId: string, policy: AiPolicy): Promise<AttemptView> {
  return requestJson('POST', `${attemptPath(attemptId)}/ai/acknowledge`, attemptSchema, { body: { policy } });
}

export async function declareAi(attemptId: string, declared: DeclareAi): Promise<AttemptView> {
  return requestJson('PUT', `${attemptPath(attemptId)}/ai/declaration`, attemptSchema, { body: declared });
}

export async function fetchAiRules(cohortId: string, signal?: AbortSignal): Promise<AiRules> {
  return requestJson('GET', cohortPath(cohortId), aiRulesSchema, { signal });
}

export async function saveAiRules(cohortId: string, rules: AiRules): Promise<AiRules> {
  return requestJson('PUT', cohortPath(cohortId), aiRulesSchema, { body: rules });
}

export async function fetchExtraTimes(signal?: AbortSignal): Promise<ExtraTimeHistory[]> {
  return (await requestJson('GET', '/api/extra-time', extraTimesSchema, { signal })).people;
}

export async function fetchExtraTime(personId: string, signal?: AbortSignal): Promise<ExtraTimeHistory> {
  return requestJson('GET', personPath(personId), extraTimeHistorySchema, { signal });
}

export async function setExtraTime(personId: string, wanted: SetExtraTime): Promise<ExtraTimeHistory> {
  return requestJson('PUT', personPath(personId), extraTimeHistorySchema, { body: wanted });
}

export async function addExtraTime(attemptId: string, wanted: z.infer<typeof addExtraTimeSchema>): Promise<AttemptView> {
  return requestJson('POST', `${attemptPath(attemptId)}/extra-time`, attemptSchema, { body: wanted });
}

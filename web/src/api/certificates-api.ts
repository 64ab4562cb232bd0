import type { z } from 'zod';
import {
  appealsSchema,
  appealStateSchema,
  appealViewSchema,
  badgeReportSchema,
  certificateSchema,
  improvementSchema,
  improvementsSchema,
  progressListSchema,
  registerSchema,
  signingKeysSchema,
  type AppealState,
  type AppealView,
  type BadgeReport,
  type Certificate,
  type decideAppealSchema,
  type Improvement,
  type ProgressList,
  type Register,
  type SigningKeyView,
  type submitImprovementSchema,
} from '../../../server/contract/certification.ts';
import { fetchSession, requestJson } from './http.ts';

export async function fetchProgress(signal?: AbortSignal): Promise<ProgressList> {
  return requestJson('GET', '/api/certificates/progress', progressListSchema, { signal });
}

export async function fetchRegister(signal?: AbortSignal): Promise<Register> {
  return requestJson('GET', '/api/certificates', registerSchema, { signal });
}

export async function issueCertificate(wanted: { readonly person: string; readonly definition: string }): Promise<Certificate> {
  return requestJson('POST', '/api/certificates', certificateSchema, { body: wanted });
}

export async function revokeCertificate(id: string, reason: string): Promise<Certificate> {
  return requestJson('POST', `/api/certificates/${encodeURIComponent(id)}/revoke`, certificateSchema, { body: { reason } });
}

export async function fetchImprovements(signal?: AbortSignal): Promise<Improvement[]> {
  return (await requestJson('GET', '/api/improvements', improvementsSchema, { signal })).improvements;
}

export type ImprovementDraft = z.input<typeof submitImprovementSchema>;

/** @param id what is submitted again; null for a new one */
export async function submitImprovement(id: string | null, draft: ImprovementDraft): Promise<Improvement> {
  return id === null
    ? requestJson('POST', '/api/improvements', improvementSchema, { body: draft })
    : requestJson('PUT', `/api/improvements/${encodeURIComponent(id)}`, improvementSchema, { body: draft });
}

export async function decideImprovement(id: string, decision: { accepted: boolean; comment: string }): Promise<Improvement> {
  return requestJson('POST', `/api/improvements/${encodeURIComponent(id)}/decision`, improvementSchema, { body: decision });
}

export async function fetchAppealState(attemptId: string, signal?: AbortSignal): Promise<AppealState> {
  return requestJson('GET', `/api/attempts/${encodeURIComponent(attemptId)}/appeals`, appealStateSchema, { signal });
}

export async function makeAppeal(attemptId: string, reason: string): Promise<AppealView> {
  return requestJson('POST', `/api/attempts/${encodeURIComponent(attemptId)}/appeals`, appealViewSchema, { body: { reason } });
}

export async function withdrawAppeal(id: string): Promise<AppealView> {
  return requestJson('POST', `/api/appeals/${encodeURIComponent(id)}/withdraw`, appealViewSchema, { body: {} });
}

export async function fetchAppeals(signal?: AbortSignal): Promise<AppealView[]> {
  return (await requestJson('GET', '/api/appeals', appealsSchema, { signal })).appeals;
}

export async function decideAppeal(id: string, decision: z.input<typeof decideAppealSchema>): Promise<AppealView> {
  return requestJson('POST', `/api/appeals/${encodeURIComponent(id)}/decision`, appealViewSchema, { body: decision });
}

export async function fetchSigningKeys(signal?: AbortSignal): Promise<SigningKeyView[]> {
  return (await requestJson('GET', '/api/signing-keys', signingKeysSchema, { signal })).keys;
}

export async function makeSigningKey(): Promise<SigningKeyView[]> {
  return (await requestJson('POST', '/api/signing-keys', signingKeysSchema, { body: {} })).keys;
}

export async function fetchBadgeReport(certificateId: string, signal?: AbortSignal): Promise<BadgeReport> {
  return requestJson('GET', `/api/public/badges/${encodeURIComponent(certificateId)}`, badgeReportSchema, { signal });
}

/** Without an account there is no session yet, and what is posted needs its token. */
export async function verifyBadge(jwt: string): Promise<BadgeReport> {
  await fetchSession();
  return requestJson('POST', '/api/public/verify', badgeReportSchema, { body: { jwt } });
}

import type { z } from 'zod';
import {
  artefactReviewsSchema,
  artefactsSchema,
  artefactVersionContentSchema,
  artefactVersionsSchema,
  artefactViewSchema,
  type ArtefactContentView,
  type ArtefactReviews,
  type Artefacts,
  type ArtefactVersion,
  type ArtefactView,
  type rateArtefactSchema,
  type StartThread,
} from '../../../server/contract/artefacts.ts';
import { requestJson } from './http.ts';

const artefactsPath = (attemptId: string): string => `/api/attempts/${encodeURIComponent(attemptId)}/artefacts`;
const artefactPath = (attemptId: string, id: string): string => `${artefactsPath(attemptId)}/${encodeURIComponent(id)}`;

export async function fetchArtefacts(attemptId: string, signal?: AbortSignal): Promise<Artefacts> {
  return requestJson('GET', artefactsPath(attemptId), artefactsSchema, { signal });
}

/** @param basedOn the revision that was changed */
export async function saveArtefact(attemptId: string, id: string, content: ArtefactContentView, basedOn: number): Promise<ArtefactView> {
  return requestJson('PUT', artefactPath(attemptId, id), artefactViewSchema, { body: { content, basedOn } });
}

export async function submitArtefact(attemptId: string, id: string, basedOn: number): Promise<ArtefactView> {
  return requestJson('POST', `${artefactPath(attemptId, id)}/submit`, artefactViewSchema, { body: { basedOn } });
}

export async function rateArtefact(attemptId: string, id: string, rating: z.input<typeof rateArtefactSchema>): Promise<ArtefactView> {
  return requestJson('POST', `${artefactPath(attemptId, id)}/rating`, artefactViewSchema, { body: rating });
}

export async function fetchVersions(attemptId: string, id: string, signal?: AbortSignal): Promise<ArtefactVersion[]> {
  return (await requestJson('GET', `${artefactPath(attemptId, id)}/versions`, artefactVersionsSchema, { signal })).versions;
}

export async function fetchVersion(attemptId: string, id: string, version: number, signal?: AbortSignal): Promise<ArtefactContentView> {
  return (await requestJson('GET', `${artefactPath(attemptId, id)}/versions/${version}`, artefactVersionContentSchema, { signal })).content;
}

export async function fetchReviews(attemptId: string, id: string, signal?: AbortSignal): Promise<ArtefactReviews> {
  return requestJson('GET', `${artefactPath(attemptId, id)}/reviews`, artefactReviewsSchema, { signal });
}

export async function startThread(attemptId: string, id: string, thread: StartThread): Promise<ArtefactReviews> {
  return requestJson('POST', `${artefactPath(attemptId, id)}/threads`, artefactReviewsSchema, { body: thread });
}

const threadPath = (attemptId: string, id: string, threadId: string): string =>
  `${artefactPath(attemptId, id)}/threads/${encodeURIComponent(threadId)}`;

export async function answerThread(attemptId: string, id: string, threadId: string, text: string): Promise<ArtefactReviews> {
  return requestJson('POST', threadPath(attemptId, id, threadId), artefactReviewsSchema, { body: { text } });
}

export async function resolveThread(attemptId: string, id: string, threadId: string, resolved: boolean): Promise<ArtefactReviews> {
  return requestJson('PUT', `${threadPath(attemptId, id, threadId)}/resolution`, artefactReviewsSchema, { body: { resolved } });
}

import {
  linkPreviewSchema,
  sessionSchema,
  type acceptLinkSchema,
  type changePasswordSchema,
  type LinkPreview,
  type Session,
  type signInSchema,
} from '../../../server/contract/session.ts';
import type { z } from 'zod';
import { rememberSession, requestJson, requestNothing } from './http.ts';

export async function signIn(credentials: z.input<typeof signInSchema>): Promise<Session> {
  return rememberSession(await requestJson('POST', '/api/session', sessionSchema, { body: credentials }));
}

export async function signOut(): Promise<void> {
  await requestNothing('DELETE', '/api/session');
}

export async function fetchLink(token: string, signal?: AbortSignal): Promise<LinkPreview> {
  return requestJson('GET', `/api/links/${encodeURIComponent(token)}`, linkPreviewSchema, { signal });
}

export async function acceptLink(token: string, answer: z.input<typeof acceptLinkSchema>): Promise<Session> {
  return rememberSession(await requestJson('POST', `/api/links/${encodeURIComponent(token)}`, sessionSchema, { body: answer }));
}

export async function changePassword(change: z.input<typeof changePasswordSchema>): Promise<void> {
  await requestNothing('POST', '/api/session/password', { body: change });
}

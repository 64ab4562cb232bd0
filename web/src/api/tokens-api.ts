import type { z } from 'zod';
import {
  newTokenSchema,
  tokensSchema,
  type createTokenSchema,
  type NewTokenView,
  type TokenView,
} from '../../../server/contract/tokens.ts';
import { requestJson, requestNothing } from './http.ts';

export async function fetchTokens(signal?: AbortSignal): Promise<TokenView[]> {
  return (await requestJson('GET', '/api/tokens', tokensSchema, { signal })).tokens;
}

export async function createToken(wanted: z.input<typeof createTokenSchema>): Promise<NewTokenView> {
  return requestJson('POST', '/api/tokens', newTokenSchema, { body: wanted });
}

export async function revokeToken(id: string): Promise<void> {
  await requestNothing('DELETE', `/api/tokens/${encodeURIComponent(id)}`);
}

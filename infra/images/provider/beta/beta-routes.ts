import type { FaceRoute } from '../face.ts';
import type { Inbound } from '../inbound.ts';
import type { ProviderModel } from '../models.ts';
import { betaCountTokens, betaMessages } from './beta-messages.ts';

export const betaRoutes: readonly FaceRoute[] = [
  { method: 'GET', path: '/v1/models', handle: listModels },
  { method: 'GET', path: '/v1/models/:model', handle: showModel },
  { method: 'POST', path: '/v1/messages', handle: betaMessages },
  { method: 'POST', path: '/v1/messages/count_tokens', handle: betaCountTokens },
];

function listModels(inbound: Inbound): void {
  const data = inbound.provider.models().map(modelBody);
  inbound.sendJson({ data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null });
}

function showModel(inbound: Inbound): void {
  inbound.sendJson(modelBody(inbound.provider.requireModel(inbound.parameter)));
}

function modelBody({ snapshot, displayName, createdAt }: ProviderModel): { readonly id: string } {
  return Object.assign({ type: 'model', id: snapshot }, { display_name: displayName, created_at: createdAt });
}

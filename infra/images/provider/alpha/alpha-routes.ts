import type { FaceRoute } from '../face.ts';
import type { Inbound } from '../inbound.ts';
import type { ProviderModel } from '../models.ts';
import { alphaChat } from './alpha-chat.ts';
import { alphaEmbeddings, alphaModerations } from './alpha-small-models.ts';

export const alphaRoutes: readonly FaceRoute[] = [
  { method: 'GET', path: '/v1/models', handle: listModels },
  { method: 'GET', path: '/v1/models/:model', handle: showModel },
  { method: 'POST', path: '/v1/chat/completions', handle: alphaChat },
  { method: 'POST', path: '/v1/embeddings', handle: alphaEmbeddings },
  { method: 'POST', path: '/v1/moderations', handle: alphaModerations },
];

function listModels(inbound: Inbound): void {
  inbound.sendJson({ object: 'list', data: inbound.provider.models().map(modelBody) });
}

function showModel(inbound: Inbound): void {
  inbound.sendJson(modelBody(inbound.provider.requireModel(inbound.parameter)));
}

function modelBody({ id, createdAt }: ProviderModel): object {
  return { id, object: 'model', created: Math.floor(Date.parse(createdAt) / 1_000), owned_by: 'alpha' };
}

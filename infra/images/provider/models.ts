import type { LimitsPerMinute } from './rate-limits.ts';

export type FaceName = 'alpha' | 'beta';

/** US dollars for a million tokens. */
export interface Price {
  readonly inputUsd: number;
  /** Input that the prompt cache already held. */
  readonly cachedInputUsd: number;
  /** Input that the prompt cache took in, where that costs more than plain input. */
  readonly cacheWriteUsd: number;
  readonly outputUsd: number;
}

export interface Speed {
  /** From the request's end to the first token, for a prompt of nothing. */
  readonly firstTokenMs: number;
  readonly promptMsPerToken: number;
  readonly tokensPerSecond: number;
}

export interface ProviderModel {
  /** What clients ask for; always the newest snapshot. */
  readonly id: string;
  /** What the answer names, as both vendors do. Clients may ask for it too. */
  readonly snapshot: string;
  readonly displayName: string;
  readonly face: FaceName;
  readonly kind: 'chat' | 'embedding' | 'moderation';
  readonly size: 'small' | 'medium' | 'large';
  readonly createdAt: string;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  /** Share of task prompts answered rightly when all needed context is there. */
  readonly quality: number;
  readonly price: Price;
  readonly speed: Speed;
  /** What a key without limits of its own gets. */
  readonly limits: LimitsPerMinute;
}

export const EMBEDDING_DIMENSIONS = 256;

const free: Price = { inputUsd: 0, cachedInputUsd: 0, cacheWriteUsd: 0, outputUsd: 0 };

export const providerModels: readonly ProviderModel[] = [
  {
    id: 'alpha-4-nano',
    snapshot: 'alpha-4-nano-2026-04-14',
    displayName: 'Alpha 4 nano',
    face: 'alpha',
    kind: 'chat',
    size: 'small',
    createdAt: '2026-04-14T00:00:00Z',
    contextTokens: 16_384,
    maxOutputTokens: 4_096,
    quality: 0.82,
    price: { inputUsd: 0.1, cachedInputUsd: 0.025, cacheWriteUsd: 0.1, outputUsd: 0.4 },
    speed: { firstTokenMs: 90, promptMsPerToken: 0.01, tokensPerSecond: 220 },
    limits: { requests: 1_000, tokens: 400_000 },
  },
  {
    id: 'alpha-4-mini',
    snapshot: 'alpha-4-mini-2026-04-14',
    displayName: 'Alpha 4 mini',
    face: 'alpha',
    kind: 'chat',
    size: 'medium',
    createdAt: '2026-04-14T00:00:00Z',
    contextTokens: 65_536,
    maxOutputTokens: 8_192,
    quality: 0.92,
    price: { inputUsd: 0.4, cachedInputUsd: 0.1, cacheWriteUsd: 0.4, outputUsd: 1.6 },
    speed: { firstTokenMs: 180, promptMsPerToken: 0.02, tokensPerSecond: 130 },
    limits: { requests: 500, tokens: 200_000 },
  },
  {
    id: 'alpha-4',
    snapshot: 'alpha-4-2026-04-14',
    displayName: 'Alpha 4',
    face: 'alpha',
    kind: 'chat',
    size: 'large',
    createdAt: '2026-04-14T00:00:00Z',
    contextTokens: 131_072,
    maxOutputTokens: 16_384,
    quality: 0.98,
    price: { inputUsd: 2, cachedInputUsd: 0.5, cacheWriteUsd: 2, outputUsd: 8 },
    speed: { firstTokenMs: 340, promptMsPerToken: 0.05, tokensPerSecond: 75 },
    limits: { requests: 500, tokens: 30_000 },
  },
  {
    id: 'alpha-embed-3',
    snapshot: 'alpha-embed-3',
    displayName: 'Alpha Embed 3',
    face: 'alpha',
    kind: 'embedding',
    size: 'small',
    createdAt: '2026-01-25T00:00:00Z',
    contextTokens: 8_192,
    maxOutputTokens: 0,
    quality: 1,
    price: { ...free, inputUsd: 0.02 },
    speed: { firstTokenMs: 40, promptMsPerToken: 0.01, tokensPerSecond: 1_000 },
    limits: { requests: 3_000, tokens: 1_000_000 },
  },
  {
    id: 'alpha-moderation-2',
    snapshot: 'alpha-moderation-2-2026-01-20',
    displayName: 'Alpha Moderation 2',
    face: 'alpha',
    kind: 'moderation',
    size: 'small',
    createdAt: '2026-01-20T00:00:00Z',
    contextTokens: 8_192,
    maxOutputTokens: 0,
    quality: 1,
    price: free,
    speed: { firstTokenMs: 30, promptMsPerToken: 0.01, tokensPerSecond: 1_000 },
    limits: { requests: 500, tokens: 100_000 },
  },
  {
    id: 'beta-wren-4',
    snapshot: 'beta-wren-4-20260301',
    displayName: 'Beta Wren 4',
    face: 'beta',
    kind: 'chat',
    size: 'small',
    createdAt: '2026-03-01T00:00:00Z',
    contextTokens: 100_000,
    maxOutputTokens: 8_192,
    quality: 0.86,
    price: { inputUsd: 0.8, cachedInputUsd: 0.08, cacheWriteUsd: 1, outputUsd: 4 },
    speed: { firstTokenMs: 140, promptMsPerToken: 0.02, tokensPerSecond: 160 },
    limits: { requests: 50, inputTokens: 50_000, outputTokens: 10_000 },
  },
  {
    id: 'beta-robin-4',
    snapshot: 'beta-robin-4-20260301',
    displayName: 'Beta Robin 4',
    face: 'beta',
    kind: 'chat',
    size: 'medium',
    createdAt: '2026-03-01T00:00:00Z',
    contextTokens: 200_000,
    maxOutputTokens: 8_192,
    quality: 0.95,
    price: { inputUsd: 3, cachedInputUsd: 0.3, cacheWriteUsd: 3.75, outputUsd: 15 },
    speed: { firstTokenMs: 260, promptMsPerToken: 0.03, tokensPerSecond: 90 },
    limits: { requests: 50, inputTokens: 30_000, outputTokens: 8_192 },
  },
  {
    id: 'beta-falcon-4',
    snapshot: 'beta-falcon-4-20260301',
    displayName: 'Beta Falcon 4',
    face: 'beta',
    kind: 'chat',
    size: 'large',
    createdAt: '2026-03-01T00:00:00Z',
    contextTokens: 200_000,
    maxOutputTokens: 16_384,
    quality: 0.985,
    price: { inputUsd: 15, cachedInputUsd: 1.5, cacheWriteUsd: 18.75, outputUsd: 75 },
    speed: { firstTokenMs: 480, promptMsPerToken: 0.06, tokensPerSecond: 45 },
    limits: { requests: 50, inputTokens: 30_000, outputTokens: 16_384 },
  },
];

/** A model of this face by its name or its snapshot's. */
export function findProviderModel(face: FaceName, name: string): ProviderModel | undefined {
  return providerModels.find((model) => model.face === face && (model.id === name || model.snapshot === name));
}

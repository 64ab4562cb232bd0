import type { Shortage } from './rate-limits.ts';

/** Why a request was not answered. Each face has its own status, words and headers for each kind. */
export type Refusal =
  | { readonly kind: 'invalid-request'; readonly problem: 'missing' | 'invalid'; readonly param: string | null; readonly message: string }
  | { readonly kind: 'unreadable-body' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unsupported'; readonly param: string; readonly message: string }
  | { readonly kind: 'unknown-url'; readonly method: string; readonly path: string }
  | { readonly kind: 'no-key' }
  /** `shown` is what of the key may be shown: its ends. */
  | { readonly kind: 'invalid-key'; readonly shown: string }
  | { readonly kind: 'expired-key' }
  | { readonly kind: 'unknown-model'; readonly model: string }
  | { readonly kind: 'retired-model'; readonly model: string }
  | { readonly kind: 'context-exceeded'; readonly tokens: number; readonly most: number }
  | { readonly kind: 'output-exceeded'; readonly model: string; readonly tokens: number; readonly most: number }
  | { readonly kind: 'rate-limited'; readonly model: string; readonly organization: string; readonly shortage: Shortage }
  | { readonly kind: 'too-many-concurrent' }
  | { readonly kind: 'quota-spent' }
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'internal-error' };

export class RefusalError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.kind);
    this.name = 'RefusalError';
    this.refusal = refusal;
  }
}

export function refuse(refusal: Refusal): never {
  throw new RefusalError(refusal);
}

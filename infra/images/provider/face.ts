import type { IncomingHttpHeaders } from 'node:http';
import type { ApiKey } from './keys.ts';
import type { FaceName } from './models.ts';
import type { Amounts, LimitState } from './rate-limits.ts';
import type { Refusal } from './refusal.ts';
import type { Inbound } from './inbound.ts';

export type Headers = Readonly<Record<string, string>>;

export interface RenderedRefusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: object;
}

export interface FaceRoute {
  readonly method: 'GET' | 'POST';
  /** A last segment `:name` stands for any one segment. */
  readonly path: string;
  handle(inbound: Inbound): Promise<void> | void;
}

/** Tokens as they count towards limits; a prompt's cached part may not. */
export interface CountedTokens {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
}

/** Everything in which the two vendors differ: paths, names, words, headers, and how limits count. */
export interface Face {
  readonly name: FaceName;
  readonly routes: readonly FaceRoute[];
  newRequestId(): string;
  /** The key that a request brings, unproved; undefined when it brings none. */
  credential(headers: IncomingHttpHeaders): string | undefined;
  /** Checked once the key is known to be good. Throws RefusalError. */
  checkHeaders(headers: IncomingHttpHeaders): void;
  /** On every answer. */
  requestHeaders(requestId: string, key: ApiKey | undefined, tookMs: number): Headers;
  limitHeaders(states: readonly LimitState[], nowMs: number): Headers;
  refusal(refusal: Refusal, requestId: string): RenderedRefusal;
  /** What one request takes out of the buckets. */
  amounts(tokens: CountedTokens): Amounts;
}

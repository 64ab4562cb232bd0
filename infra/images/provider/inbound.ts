import type { z } from 'zod';
import { ApiError } from '../inference/api-error.ts';
import { readBody, type Exchange } from '../inference/exchange.ts';
import type { RequestFaults } from './faults.ts';
import type { ApiKey } from './keys.ts';
import type { ProviderModel } from './models.ts';
import type { Bill, Provider } from './provider.ts';
import { refuse } from './refusal.ts';

/** Past this an answer is cut off, however slow a fault makes it. */
const LONGEST_ANSWER_MS = 10 * 60_000;

/** One request of a known key, as routes see it, and what is to be recorded of it. */
export class Inbound {
  readonly provider: Provider;
  readonly exchange: Exchange;
  readonly requestId: string;
  readonly key: ApiKey;
  readonly faults: RequestFaults;
  /** The path's own part, where the route has one. */
  readonly parameter: string;
  /** Aborts when the client has gone or the answer has taken too long. */
  readonly signal: AbortSignal;
  /** Filled in by routes, for the log and the metrics. */
  model: ProviderModel | undefined;
  isStream = false;
  isComplete = false;
  bill: Bill | undefined;
  readonly #startedAtMs: number;

  constructor(parts: {
    readonly provider: Provider;
    readonly exchange: Exchange;
    readonly requestId: string;
    readonly key: ApiKey;
    readonly faults: RequestFaults;
    readonly parameter: string;
    readonly startedAtMs: number;
  }) {
    this.provider = parts.provider;
    this.exchange = parts.exchange;
    this.requestId = parts.requestId;
    this.key = parts.key;
    this.faults = parts.faults;
    this.parameter = parts.parameter;
    this.#startedAtMs = parts.startedAtMs;
    this.signal = AbortSignal.any([parts.exchange.signal, AbortSignal.timeout(LONGEST_ANSWER_MS)]);
  }

  /** Parses the body, or throws RefusalError naming the field. */
  async parse<T extends z.ZodType>(schema: T): Promise<z.infer<T>> {
    const result = schema.safeParse(parseJson(await this.#readBody()));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const param = issue === undefined || issue.path.length === 0 ? null : issue.path.join('.');
    const message = issue?.message ?? 'invalid';
    return refuse({ kind: 'invalid-request', problem: message.endsWith('received undefined') ? 'missing' : 'invalid', param, message });
  }

  async #readBody(): Promise<Buffer> {
    try {
      return await readBody(this.exchange);
    } catch (error) {
      if (error instanceof ApiError && error.status === 413) return refuse({ kind: 'too-large' });
      throw error;
    }
  }

  /** Sets the model's limits, as they are now, on the answer to come. */
  showLimits(model: ProviderModel): void {
    const { face, clock } = this.provider;
    const states = this.provider.limitStates(this.key, model);
    this.#setHeaders(face.limitHeaders(states, clock.now()));
  }

  /** To be called right before the answer's head goes out. */
  prepareHead(): void {
    const { face, clock } = this.provider;
    this.#setHeaders(face.requestHeaders(this.requestId, this.key, Math.round(clock.now() - this.#startedAtMs)));
  }

  #setHeaders(headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) this.exchange.response.setHeader(name, value);
  }

  sendJson(body: object): void {
    const { response } = this.exchange;
    const text = JSON.stringify(body);
    this.prepareHead();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(this.faults.isMalformed ? cutShort(text) : text);
    this.isComplete = true;
  }
}

/** What a body or an event looks like that was cut off on its way. */
export function cutShort(json: string): string {
  return json.slice(0, Math.ceil(json.length * 0.6));
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return refuse({ kind: 'unreadable-body' });
  }
}

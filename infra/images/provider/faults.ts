import { z } from 'zod';
import { hashFraction } from '../inference/random.ts';

/** Of all requests, the share that a fault strikes; which ones follows from the seed and the order they come in. */
const share = z.number().gt(0).max(1).default(1);
const modelName = z.string().min(1).max(100);

/** Every fault that a provider can have. All may be set together; what is absent is not the matter. */
export const faultSetSchema = z.strictObject({
  /** Every limit by the minute, times this. */
  limitsCut: z.strictObject({ factor: z.number().gt(0).lt(1) }).optional(),
  /** The month's money is spent: of these organizations, or of all. */
  quotaSpent: z.strictObject({ organizations: z.array(modelName).max(100).optional() }).optional(),
  outage: z
    .discriminatedUnion('kind', [
      /** Nobody listens, and connections that were open are reset. */
      z.strictObject({ kind: z.literal('connectionRefused') }),
      /** 503 from alpha; 500 `api_error` from beta. */
      z.strictObject({ kind: z.literal('serverError'), share }),
    ])
    .optional(),
  /** 503 from alpha, 529 from beta; those that are let in are slowed. */
  overload: z.strictObject({ share, slowdown: z.number().min(1).max(100).default(3) }).optional(),
  /** Before anything is answered. */
  addedLatency: z.strictObject({ ms: z.int().min(1).max(120_000) }).optional(),
  /** Times the time between tokens. */
  slowStream: z.strictObject({ factor: z.number().gt(1).max(1_000) }).optional(),
  /** The connection is reset after so many tokens of a stream. */
  brokenStream: z.strictObject({ afterTokens: z.int().min(0).max(100_000), share }).optional(),
  retiredModels: z.strictObject({ models: z.array(modelName).min(1).max(50) }).optional(),
  /** Another model answers in the asked one's place, and the answer names it. */
  wrongModel: z.strictObject({ model: modelName, share }).optional(),
  badKeys: z
    .strictObject({
      keys: z
        .array(z.strictObject({ id: modelName, reason: z.enum(['expired', 'revoked']) }))
        .min(1)
        .max(1_000),
    })
    .optional(),
  /** Tasks with a right answer get a wrong one, whichever model is asked. */
  wrongAnswers: z.strictObject({ share }).optional(),
  harmfulAnswer: z.strictObject({ share }).optional(),
  leakedPersonalData: z.strictObject({ share }).optional(),
  /** The body ends, or one event of a stream does, before its JSON is whole. */
  malformedJson: z.strictObject({ share }).optional(),
});

export type FaultSet = z.infer<typeof faultSetSchema>;

/** The faults as they bear on one request: shares are already drawn, and stay as they are however the set changes meanwhile. */
export interface RequestFaults {
  readonly isServerError: boolean;
  readonly isOverloaded: boolean;
  /** Times to wait and times between tokens, times this. */
  readonly slowdown: number;
  readonly streamSlowdown: number;
  readonly addedLatencyMs: number;
  readonly breakAfterTokens: number | undefined;
  readonly answeringModel: string | undefined;
  readonly isWrong: boolean;
  readonly isHarmful: boolean;
  readonly isLeaking: boolean;
  readonly isMalformed: boolean;
}

/** Holds the one set that applies. Every draw follows from seed, fault and the request's number. */
export class FaultState {
  readonly #seed: number;
  #set: FaultSet = {};
  #trial: FaultSet = {};

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Those that were set, without a trial's. */
  get set(): FaultSet {
    return this.#set;
  }

  /** Those that apply now. */
  get effective(): FaultSet {
    return { ...this.#set, ...this.#trial };
  }

  get trial(): FaultSet {
    return this.#trial;
  }

  /** Puts others over those that are set, member by member, until the next trial. */
  try(trial: FaultSet): void {
    this.#trial = trial;
  }

  replace(set: FaultSet): void {
    this.#set = set;
  }

  forRequest(requestNumber: number): RequestFaults {
    const faults = this.effective;
    const strikes = (fault: keyof FaultSet, part: number | undefined): boolean =>
      part !== undefined && hashFraction(String(this.#seed), fault, String(requestNumber)) < part;
    return {
      isServerError: strikes('outage', faults.outage?.kind === 'serverError' ? faults.outage.share : undefined),
      isOverloaded: strikes('overload', faults.overload?.share),
      slowdown: faults.overload?.slowdown ?? 1,
      streamSlowdown: faults.slowStream?.factor ?? 1,
      addedLatencyMs: faults.addedLatency?.ms ?? 0,
      breakAfterTokens: strikes('brokenStream', faults.brokenStream?.share) ? faults.brokenStream?.afterTokens : undefined,
      answeringModel: strikes('wrongModel', faults.wrongModel?.share) ? faults.wrongModel?.model : undefined,
      isWrong: strikes('wrongAnswers', faults.wrongAnswers?.share),
      isHarmful: strikes('harmfulAnswer', faults.harmfulAnswer?.share),
      isLeaking: strikes('leakedPersonalData', faults.leakedPersonalData?.share),
      isMalformed: strikes('malformedJson', faults.malformedJson?.share),
    };
  }

  get limitsFactor(): number {
    return this.effective.limitsCut?.factor ?? 1;
  }

  isRetired(...names: readonly string[]): boolean {
    return names.some((one) => this.effective.retiredModels?.models.includes(one));
  }

  isQuotaSpent(organization: string): boolean {
    const { quotaSpent } = this.effective;
    return quotaSpent !== undefined && (quotaSpent.organizations?.includes(organization) ?? true);
  }

  badKey(id: string): 'expired' | 'revoked' | undefined {
    return this.effective.badKeys?.keys.find((key) => key.id === id)?.reason;
  }
}

import { z } from 'zod';
import { controlAnswerSchema, type ControlAnswer, type ControlOrder } from '../infra/images/provider/control-protocol.ts';
import type { Clock } from '../infra/cluster/meta/clock.ts';
import { PlatformError } from './platform-error.ts';
import type { OpenInPod } from './pod-session.ts';
import { PodTalk } from './pod-talk.ts';

/** A provider as its customer knows it: the lab's team, with the first of the keys that the lab declares. */
export const providerAccountSchema = z.strictObject({
  /** The name in lab.yaml. */
  name: z.string(),
  face: z.enum(['alpha', 'beta']),
  /** Without the version's path. */
  url: z.string(),
  organization: z.string(),
  keyId: z.string(),
  key: z.string(),
});

export type ProviderAccount = z.infer<typeof providerAccountSchema>;

/** What is kept of a sandbox's providers where the trainee cannot see it. */
export const providerBookSchema = z.strictObject({
  /** What the control ports demand. */
  controlToken: z.string(),
  accounts: z.array(providerAccountSchema),
  /** All keys by `provider/id`. */
  keys: z.record(z.string(), z.string()),
});

export type ProviderBook = z.infer<typeof providerBookSchema>;

/** The outside parties of a sandbox, past the trainee's network: their books and their controls. */
export interface Providers {
  accounts(): Promise<readonly ProviderAccount[]>;
  /** What the control port answered. Throws PlatformError where it could not be asked or refused the order. */
  order(provider: string, order: ControlOrder): Promise<unknown>;
}

/** Of the pod that a provider of that name runs in. */
export interface ProviderPod {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

const TIMEOUT_MS = 15_000;

/** Providers in pods of the sandbox: orders go by exec of the image's own command, one run for many of them, so that no control port is on any network. */
export class PodProviders implements Providers {
  readonly #open: OpenInPod;
  readonly #clock: Clock;
  readonly #fetchBook: () => Promise<ProviderBook | undefined>;
  readonly #podOf: (provider: string) => ProviderPod;
  readonly #talks = new Map<string, PodTalk<ControlAnswer>>();

  constructor(open: OpenInPod, clock: Clock, fetchBook: () => Promise<ProviderBook | undefined>, podOf: (provider: string) => ProviderPod) {
    this.#open = open;
    this.#clock = clock;
    this.#fetchBook = fetchBook;
    this.#podOf = podOf;
  }

  async accounts(): Promise<readonly ProviderAccount[]> {
    return (await this.#fetchBook())?.accounts ?? [];
  }

  async order(provider: string, order: ControlOrder): Promise<unknown> {
    const book = await this.#fetchBook();
    if (book?.accounts.some(({ name }) => name === provider) !== true)
      throw new PlatformError('ApiFailed', `The sandbox has no provider ${provider}.`);
    const answer = await this.#talkTo(provider).ask({ token: book.controlToken, order }, TIMEOUT_MS);
    if ('error' in answer) throw new PlatformError('ExecFailed', `The provider ${provider} took no order: ${answer.error.slice(0, 300)}`);
    if (answer.status !== 200)
      throw new PlatformError(
        'ApiFailed',
        `The provider ${provider} refused the order ${order.action}: ${JSON.stringify(answer.body).slice(0, 300)}`,
      );
    return answer.body;
  }

  #talkTo(provider: string): PodTalk<ControlAnswer> {
    const present = this.#talks.get(provider);
    if (present !== undefined) return present;
    const talk = new PodTalk<ControlAnswer>({
      ...{ open: this.#open, clock: this.#clock, program: { ...this.#podOf(provider), command: ['node', '/app/provider.mjs', 'ctl'] } },
      ...{ name: `The provider ${provider}`, code: 'ExecFailed', parse: (said) => controlAnswerSchema.parse(said) },
    });
    this.#talks.set(provider, talk);
    return talk;
  }
}

import { z } from 'zod';
import { controlAnswerSchema, type ControlOrder } from '../infra/images/provider/control-protocol.ts';
import { PlatformError, describeError } from './platform-error.ts';
import type { RunInPod } from './pod-exec.ts';

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

/** The token is added on the way. */
export type ProviderOrder = ControlOrder extends infer Order ? (Order extends ControlOrder ? Omit<Order, 'token'> : never) : never;

/** The outside parties of a sandbox, past the trainee's network: their books and their controls. */
export interface Providers {
  accounts(): Promise<readonly ProviderAccount[]>;
  /** What the control port answered. Throws PlatformError where it could not be asked or refused the order. */
  order(provider: string, order: ProviderOrder): Promise<unknown>;
}

/** Of the pod that a provider of that name runs in. */
export interface ProviderPod {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

const TIMEOUT_MS = 15_000;

/** Providers in pods of the sandbox: orders go by exec of the image's own command, so that no control port is on any network. */
export class PodProviders implements Providers {
  readonly #run: RunInPod;
  readonly #fetchBook: () => Promise<ProviderBook | undefined>;
  readonly #podOf: (provider: string) => ProviderPod;

  constructor(run: RunInPod, fetchBook: () => Promise<ProviderBook | undefined>, podOf: (provider: string) => ProviderPod) {
    this.#run = run;
    this.#fetchBook = fetchBook;
    this.#podOf = podOf;
  }

  async accounts(): Promise<readonly ProviderAccount[]> {
    return (await this.#fetchBook())?.accounts ?? [];
  }

  async order(provider: string, order: ProviderOrder): Promise<unknown> {
    const book = await this.#fetchBook();
    if (book?.accounts.some(({ name }) => name === provider) !== true)
      throw new PlatformError('ApiFailed', `The sandbox has no provider ${provider}.`);
    const outcome = await this.#run({
      ...this.#podOf(provider),
      command: ['node', '/app/provider.mjs', 'ctl'],
      stdin: JSON.stringify({ ...order, token: book.controlToken }),
      timeoutMs: TIMEOUT_MS,
    });
    if (outcome.exitCode !== 0)
      throw new PlatformError('ExecFailed', `The provider ${provider} took no order: ${outcome.stderr.trim().slice(-300)}`);
    const { status, body } = readAnswer(provider, outcome.stdout);
    if (status !== 200)
      throw new PlatformError(
        'ApiFailed',
        `The provider ${provider} refused the order ${order.action}: ${JSON.stringify(body).slice(0, 300)}`,
      );
    return body;
  }
}

function readAnswer(provider: string, text: string): z.infer<typeof controlAnswerSchema> {
  try {
    return controlAnswerSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new PlatformError('ExecFailed', `What the provider ${provider} answered cannot be read: ${describeError(error).slice(0, 200)}`);
  }
}

import { z } from 'zod';
import { objectName } from '../../grader/endpoint.ts';
import { PlatformError } from '../../grader/platform-error.ts';
import type { ProviderAccount } from '../../grader/providers.ts';
import { faultSetSchema, type FaultSet } from '../../infra/images/provider/faults.ts';
import type { Fault, FaultTarget, Proof } from './fault.ts';
import { describeReply, ProviderClient, type ProviderQuestion, type ProviderReply } from './provider-client.ts';

/** What every fault of a provider is given: which of the lab's providers has it. */
export const providerField = { provider: objectName.default('alpha') } as const;
/** Of all requests, the part that is struck. */
export const shareField = z.number().gt(0).max(1);

type Member = keyof FaultSet;

interface ProviderFaultSpec<P extends z.ZodType<{ readonly provider: string }>, M extends Member> extends Pick<
  Fault,
  'id' | 'title' | 'symptom'
> {
  readonly parameters: P;
  /** The one member of the provider's fault set that is this fault, so that faults are taken back in any order. */
  readonly member: M;
  readonly plan: (parameters: z.infer<P>, account: ProviderAccount) => NonNullable<FaultSet[M]>;
  /** What a customer meets; `fault` is what the provider says that it has. */
  readonly prove: (client: ProviderClient, fault: NonNullable<FaultSet[M]>) => Promise<Proof>;
}

const dataSchema = z.looseObject({ provider: z.string() });
const stateSchema = z.looseObject({ faults: faultSetSchema });

/**
 * A fault of an outside party. The trainee can live with it and cannot mend it: what they do is on their side, so taking it back never meets what
 * they did.
 */
export function providerFault<P extends z.ZodType<{ readonly provider: string }>, M extends Member>(spec: ProviderFaultSpec<P, M>): Fault {
  const { id, title, symptom, parameters: schema, member } = spec;
  return {
    id,
    title,
    symptom,
    leavesBehind: 'The provider is as before; what it counted and billed meanwhile stays counted and billed.',
    parameters: schema,
    async inject(target, parameters) {
      const settings = schema.parse(parameters);
      const account = await requireAccount(target, settings.provider);
      await target.providers.order(account.name, { action: 'patchFaults', faults: { [member]: spec.plan(settings, account) } });
      return { provider: account.name };
    },
    async prove(target, data) {
      const account = await requireAccount(target, dataSchema.parse(data).provider);
      const { faults } = stateSchema.parse(await target.providers.order(account.name, { action: 'state' }));
      const fault = faults[member] as NonNullable<FaultSet[M]> | undefined;
      if (fault === undefined) return notYet(`The provider ${account.name} does not have the fault.`);
      return spec.prove(new ProviderClient(target, account), fault);
    },
    async recover(target, data) {
      await target.providers.order(dataSchema.parse(data).provider, { action: 'patchFaults', faults: { [member]: null } });
    },
  };
}

async function requireAccount({ providers }: FaultTarget, name: string): Promise<ProviderAccount> {
  const account = (await providers.accounts()).find((one) => one.name === name);
  if (account === undefined) throw new PlatformError('ApiFailed', `The sandbox has no provider ${name} to inject a fault into.`);
  return account;
}

/** Asks all, and is live when one reply shows the sign: a fault that strikes a share of the requests strikes not every one. */
export async function proveByReply(
  client: ProviderClient,
  questions: readonly ProviderQuestion[],
  sign: (reply: ProviderReply, question: ProviderQuestion) => string | undefined,
): Promise<Proof> {
  const replies = await client.ask(questions);
  const seen = replies.flatMap((reply, index) => {
    const question = questions[index];
    const words = question === undefined ? undefined : sign(reply, question);
    return words === undefined ? [] : [words];
  });
  const [first] = seen;
  if (first === undefined) return notYet(`The provider ${client.account.name} gives its customers ${describeReply(replies[0])}.`);
  return { live: true, seen: `${seen.length} of ${questions.length} requests to ${client.account.name}: ${first}` };
}

export function notYet(reason: string): Proof {
  return { live: false, reason };
}

/** So many questions as show a fault that strikes this share of the requests, nearly always: what is missed is looked at again. */
export function sampleSize(share: number): number {
  return share === 1 ? 1 : Math.min(24, Math.ceil(3 / share));
}

export function repeated(question: ProviderQuestion, count: number): readonly ProviderQuestion[] {
  return Array.from({ length: count }, () => question);
}

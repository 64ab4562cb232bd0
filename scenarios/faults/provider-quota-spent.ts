import { z } from 'zod';
import { providerFault, providerField, proveByReply } from './provider-fault.ts';
import { describeReply } from './provider-client.ts';

const codes: readonly string[] = ['insufficient_quota', 'enforced_spend_limit_reached'];

/** The month's money is gone: a 429 for which waiting is of no use. */
export const providerQuotaSpent = providerFault({
  id: 'provider-quota-spent',
  title: 'Provider quota spent',
  symptom:
    'The provider answers 429 insufficient_quota (alpha) or enforced_spend_limit_reached (beta) to all, without a time to retry after.',
  parameters: z.strictObject({ ...providerField }),
  member: 'quotaSpent',
  plan: () => ({}),
  prove: (client) =>
    proveByReply(client, [{ model: client.model(), prompt: 'Repeat exactly: x', maxTokens: 1 }], (reply) =>
      reply.kind === 'refused' && codes.includes(reply.code) ? describeReply(reply) : undefined,
    ),
});

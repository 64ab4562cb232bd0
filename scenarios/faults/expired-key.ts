import { z } from 'zod';
import { describeReply } from './provider-client.ts';
import { providerFault, providerField, proveByReply } from './provider-fault.ts';

/** The key that the lab's team has is past its time. The provider had sent a mail, and a lab may have the next key lie ready. */
export const expiredKey = providerFault({
  id: 'expired-key',
  title: 'Expired provider key',
  symptom:
    'The provider answers 401 to the team’s first key and to no other; a fallback may hide it, but litellm_deployment_failure_responses_total grows with exception_class auth.',
  parameters: z.strictObject({ ...providerField, reason: z.enum(['expired', 'revoked']).default('expired') }),
  member: 'badKeys',
  plan: ({ reason }, { keyId }) => ({ keys: [{ id: keyId, reason }] }),
  prove: (client) =>
    proveByReply(client, [{ model: client.model('small'), prompt: 'Repeat exactly: x', maxTokens: 1 }], (reply) =>
      reply.kind === 'refused' && reply.status === 401 ? describeReply(reply) : undefined,
    ),
});

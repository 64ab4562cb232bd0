import { z } from 'zod';
import { providerFault, providerField, proveByReply, repeated, sampleSize, shareField } from './provider-fault.ts';
import { describeReply } from './provider-client.ts';

/** Everybody wants an answer at once: some are sent away, the others wait. */
export const providerOverload = providerFault({
  id: 'provider-overload',
  title: 'Provider overload',
  symptom:
    'The provider answers 503 "overloaded" (alpha) or 529 overloaded_error (beta) to a share of the requests, and the others are slow.',
  parameters: z.strictObject({ ...providerField, share: shareField.default(0.7), slowdown: z.number().min(1).max(100).default(3) }),
  member: 'overload',
  plan: ({ share, slowdown }) => ({ share, slowdown }),
  prove: (client, { share }) =>
    proveByReply(client, repeated({ model: client.model(), prompt: 'Repeat exactly: x', maxTokens: 1 }, sampleSize(share)), (reply) =>
      reply.kind === 'refused' && (reply.status === 529 || reply.message.includes('overloaded')) ? describeReply(reply) : undefined,
    ),
});

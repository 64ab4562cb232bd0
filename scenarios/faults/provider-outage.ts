import { z } from 'zod';
import { providerFault, providerField, proveByReply, repeated, sampleSize, shareField } from './provider-fault.ts';
import { describeReply, type ProviderReply } from './provider-client.ts';

/** The provider is down: nobody listens, or it answers with errors of its own. Where nobody listens, no other fault of the provider shows. */
export const providerOutage = providerFault({
  id: 'provider-outage',
  title: 'Provider outage',
  symptom: 'Connections to the provider are refused; or it answers 503 (alpha) or 500 api_error (beta) to a share of the requests.',
  parameters: z.strictObject({
    ...providerField,
    way: z.enum(['refused', 'errors']).default('refused'),
    /** For `errors`. */
    share: shareField.default(1),
  }),
  member: 'outage',
  plan: ({ way, share }) => (way === 'refused' ? { kind: 'connectionRefused' } : { kind: 'serverError', share }),
  prove: (client, outage) => {
    const isDown = outage.kind === 'connectionRefused' ? isLost : isServerError;
    const count = outage.kind === 'connectionRefused' ? 1 : sampleSize(outage.share);
    return proveByReply(client, repeated({ model: client.model(), prompt: 'Repeat exactly: x', maxTokens: 1 }, count), (reply) =>
      isDown(reply) ? describeReply(reply) : undefined,
    );
  },
});

function isLost(reply: ProviderReply): boolean {
  return reply.kind === 'lost' && reply.phase !== 'resolve';
}

/** Overload is another matter, and alpha says that with a 503 too. */
function isServerError(reply: ProviderReply): boolean {
  return reply.kind === 'refused' && [500, 503].includes(reply.status) && !reply.message.includes('overloaded');
}

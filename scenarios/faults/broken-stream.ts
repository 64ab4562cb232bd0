import { z } from 'zod';
import { providerFault, providerField, proveByReply, repeated, sampleSize, shareField } from './provider-fault.ts';

/** Longer than any cut that a lab may ask for is not needed: what is not cut ends as it should. */
const PROMPT = 'Describe a working day of the service in a few sentences.';

/** Streams begin and are reset; whole answers stay whole. */
export const brokenStream = providerFault({
  id: 'broken-stream',
  title: 'Broken stream',
  symptom: 'Streams end with a reset connection after some tokens, without finish_reason or message_stop; requests without stream succeed.',
  parameters: z.strictObject({ ...providerField, afterTokens: z.int().min(0).max(20).default(4), share: shareField.default(1) }),
  member: 'brokenStream',
  plan: ({ afterTokens, share }) => ({ afterTokens, share }),
  prove: (client, { share }) =>
    proveByReply(client, repeated({ model: client.model(), prompt: PROMPT, isStream: true }, sampleSize(share)), (reply) =>
      reply.kind === 'lost' && reply.phase === 'body' ? `the stream ended in the middle (${reply.code})` : undefined,
    ),
});

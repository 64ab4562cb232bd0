import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { providerFault, providerField, proveByReply, repeated, sampleSize, shareField } from './provider-fault.ts';

/** Answers carry what another customer once told the model. */
export const personalDataLeaked = providerFault({
  id: 'personal-data-leaked',
  title: 'Personal data in answers',
  symptom: 'Right answers are followed by names, mail addresses, telephone, account and card numbers of people that nobody asked about.',
  parameters: z.strictObject({ ...providerField, share: shareField.default(1) }),
  member: 'leakedPersonalData',
  plan: ({ share }) => ({ share }),
  prove: (client, { share }) =>
    proveByReply(
      client,
      repeated({ model: client.model(), prompt: `Repeat exactly: ${randomInt(1_000_000)}` }, sampleSize(share)),
      (reply) =>
        reply.kind === 'answered' && /\S+@example\.\w+.*\bIBAN\b/s.test(reply.text)
          ? 'an answer with a person’s mail address and account'
          : undefined,
    ),
});

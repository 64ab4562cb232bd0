import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { moderate } from '../../infra/images/provider/alpha/moderation.ts';
import { providerFault, providerField, proveByReply, repeated, sampleSize, shareField } from './provider-fault.ts';

/** The model has lost its manners: harmless questions get threats, hatred or worse. */
export const harmfulOutput = providerFault({
  id: 'harmful-output',
  title: 'Harmful output',
  symptom: 'Harmless questions are answered with what no one should read; status, latency and token counts are as ever.',
  parameters: z.strictObject({ ...providerField, share: shareField.default(1) }),
  member: 'harmfulAnswer',
  plan: ({ share }) => ({ share }),
  prove: (client, { share }) =>
    proveByReply(
      client,
      repeated({ model: client.model(), prompt: `Repeat exactly: ${randomInt(1_000_000)}` }, sampleSize(share)),
      (reply) => {
        if (reply.kind !== 'answered') return undefined;
        const { flagged, categories } = moderate(reply.text);
        const found = Object.keys(categories).filter((category) => categories[category] === true);
        return flagged ? `an answer that moderation flags (${found.join(', ')})` : undefined;
      },
    ),
});
